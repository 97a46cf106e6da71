package safetext

import "testing"

// Nothing that came from outside is a formula in a spreadsheet; options and
// numbers stay as they are.
func TestCell(t *testing.T) {
	for text, want := range map[string]string{
		"=cmd|' /C calc'!A0":  "'=cmd|' /C calc'!A0",
		" =HYPERLINK(\"x\")":  "' =HYPERLINK(\"x\")",
		"@SUM(A1)":            "'@SUM(A1)",
		"-2+3+cmd|' /C x'!A0": "'-2+3+cmd|' /C x'!A0",
		"+1(2)":               "'+1(2)",
		"-n -Pn -sT":          "-n -Pn -sT",
		"-115":                "-115",
		"a=b":                 "a=b",
		"":                    "",
		"\t=x\x1b[2J":         `\t=x\x1b[2J`,
	} {
		if got := Cell(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/alecthomas/kong"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// Each stoop command that the docs show is one that stoop takes, and each filter
// in it is one that compiles.
func TestCommandsOfTheDocs(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := 0
	for _, page := range append(pages, "../../README.md", "../../CONTRIBUTING.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range codeLines(string(text)) {
			for _, args := range stoopCommands(line) {
				commands++
				if err := takes(args); err != nil {
					t.Errorf("%s: %s\n\t%v", filepath.Base(page), line, err)
				}
			}
		}
	}
	if commands < 100 {
		t.Errorf("only %d commands were found", commands)
	}
}

// codeLines are the lines of a page's console blocks and of its indented code;
// lines that go on after a backslash are one.
func codeLines(page string) (lines []string) {
	fenced, shell := false, false
	for line := range strings.SplitSeq(strings.ReplaceAll(page, "\\\n", " "), "\n") {
		switch {
		case strings.HasPrefix(strings.TrimSpace(line), "```"):
			fenced = !fenced
			kind := strings.TrimPrefix(strings.TrimSpace(line), "```")
			shell = kind == "console" || kind == "sh" || kind == ""
		case fenced && shell, !fenced && strings.HasPrefix(line, "    "):
			lines = append(lines, line)
		}
	}
	return lines
}

var beforeStoop = regexp.MustCompile(`^(\$ +)?(\w+=\S* +)*(sudo +)?(\./)?$`)

// stoopCommands are the arguments of the stoop commands of a shell line.
func stoopCommands(line string) (commands [][]string) {
	for _, part := range shellParts(line) {
		at := -1
		for i, word := range part {
			if word == "stoop" || word == "./stoop" {
				at = i
				break
			}
		}
		if at < 0 || !beforeStoop.MatchString(strings.TrimLeft(strings.Join(append(part[:at:at], ""), " "), " ")) {
			continue
		}
		commands = append(commands, part[at+1:])
	}
	return commands
}

// shellParts splits a line as a shell does: into words, at pipes and the like,
// and up to a comment or a redirection.
func shellParts(line string) (parts [][]string) {
	var words []string
	var word strings.Builder
	inWord, quote := false, rune(0)
	end := func() {
		if inWord {
			words = append(words, word.String())
			word.Reset()
			inWord = false
		}
	}
	cut := func() {
		end()
		if len(words) > 0 {
			parts = append(parts, words)
			words = nil
		}
	}
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case unicode.IsSpace(r):
			end()
		case r == '#' && !inWord, r == '>', r == '<':
			cut()
			return parts
		case r == '|', r == '&', r == ';':
			cut()
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	cut()
	return parts
}

// takes reports why stoop would not take arguments.
func takes(args []string) (err error) {
	type exited struct{}
	defer func() {
		if r := recover(); r != nil {
			if _, help := r.(exited); !help {
				panic(r)
			}
		}
	}()
	var said bytes.Buffer
	parser, err := newParser(&app{ctx: context.Background(), out: &output{file: os.Stdout}, errs: &said}, func(int) { panic(exited{}) })
	if err != nil {
		return err
	}
	for i, arg := range args {
		if (arg == "-f" || arg == "--filter") && i+1 < len(args) {
			if _, err := filter.Compile(args[i+1], event.Fields); err != nil {
				return err
			}
		}
	}
	_, err = parser.Parse(args)
	var wrong *kong.ParseError
	if errors.As(err, &wrong) && strings.Contains(err.Error(), "no such file") {
		return nil // the docs' files are the reader's
	}
	return err
}

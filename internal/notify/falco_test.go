package notify

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/stoop-project/stoop/internal/testdata"
)

// What Falco 0.44 wrote is what is written of it, byte by byte.
func TestFalco(t *testing.T) {
	for _, name := range []string{"attack.ndjson", "lab.ndjson"} {
		text, err := os.ReadFile(testdata.Path(t, "siem/falco-raw/"+name))
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		n := 0
		for ; lines.Scan(); n++ {
			a, err := Read(lines.Bytes(), false)
			if err != nil {
				t.Fatal(err)
			}
			if got := a.AppendFalco(nil); !bytes.Equal(got, lines.Bytes()) {
				t.Errorf("%s:%d:\n%s\nis not\n%s", name, n+1, got, lines.Bytes())
			}
		}
		if n == 0 || lines.Err() != nil {
			t.Errorf("%s: %d alerts, %v", name, n, lines.Err())
		}
	}
}

// Documents of our own have more in them; outputs write what the rule's output
// names.
func TestTold(t *testing.T) {
	a, err := Read([]byte(`{"uuid":"u","time":"2026-11-23T20:02:01.5Z","rule":"R","priority":"Warning","tags":["b","a","b"],"output":"o",
		"output_fields":{"proc.name":"nc","evt.time":"x","fd.lport":4444,"user.name":null,"proc.cmdline":"a\u202eb --password=hunter22"}}`), true)
	if err != nil {
		t.Fatal(err)
	}
	a.Told = map[string]bool{"fd.lport": true, "user.name": true, "proc.cmdline": true}
	want := `{"hostname":"","output":"o","output_fields":{"evt.time":1795464121500000000,"fd.lport":4444,"proc.cmdline":"a\u202eb --password=********","user.name":null},` +
		`"priority":"Warning","rule":"R","source":"","tags":["a","b"],"time":"2026-11-23T20:02:01.500000000Z"}`
	if got := string(a.AppendFalco(nil)); got != want {
		t.Errorf("%s\nis not\n%s", got, want)
	}
}

func TestReadWrong(t *testing.T) {
	for _, doc := range []string{``, `[]`, `{}`, `{"rule":"x","output_fields":[]}`, `{"rule":1}`, `{"rule":"x","time":"now"}`} {
		if a, err := Read([]byte(doc), true); err == nil {
			t.Errorf("%s is %+v", doc, a)
		}
	}
}

// An alert may hold anything; what is written of it is JSON that Falco's readers
// take.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"time":"2026-11-23T20:02:01.5Z","rule":"R","priority":"Warning","tags":["b"],"output":"o","output_fields":{"a":"b","c":1.5,"d":null,"e":[true]}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		a, err := Read(doc, true)
		if err != nil {
			return
		}
		text := a.AppendFalco(nil)
		if !json.Valid(text) || bytes.ContainsAny(text, "\x1b\n") {
			t.Errorf("%q", text)
		}
	})
}

package rulestest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/recording"
	"github.com/stoop-project/stoop/internal/source"
)

// record is an audit record with the parts that differ.
func record(user, verb, uri, ref, code, more string) string {
	return `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"` + strings.Repeat("0", 8) + `-0000-4000-8000-000000000001","stage":"ResponseComplete",` +
		`"requestURI":"` + uri + `","verb":"` + verb + `","user":{"username":"` + user + `","groups":["dev"]},"sourceIPs":["192.0.2.1"],"userAgent":"curl/8",` +
		`"objectRef":{` + ref + `,"apiVersion":"v1"},"responseStatus":{"code":` + code + `},"requestReceivedTimestamp":"2026-01-02T03:04:05.000000Z",` +
		`"stageTimestamp":"2026-01-02T03:04:05.100000Z","annotations":{"authorization.k8s.io/decision":"allow"}` + more + `}`
}

// TestClusterRules puts audit records through the rules about the API, each
// beside one that looks alike.
func TestClusterRules(t *testing.T) {
	pod := func(spec string) string {
		return `,"requestObject":{"kind":"Pod","metadata":{"name":"p"},"spec":` + spec + `}`
	}
	tests := []struct{ rule, deed, harmless string }{
		{
			"Command run in a pod through the API",
			record("eve", "create", "/api/v1/namespaces/a/pods/p/exec?command=sh", `"resource":"pods","namespace":"a","name":"p","subresource":"exec"`, "101", ""),
			record("eve", "get", "/api/v1/namespaces/a/pods/p/log", `"resource":"pods","namespace":"a","name":"p","subresource":"log"`, "200", ""),
		},
		{
			"Request without a name allowed by the API",
			record("system:anonymous", "list", "/api/v1/secrets", `"resource":"secrets"`, "200", ""),
			record("system:anonymous", "get", "/healthz", `"resource":"x"`, "200", ""),
		},
		{
			"Cluster administrator's rights given",
			record("eve", "create", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", `"resource":"clusterrolebindings","name":"b"`, "201", `,"requestObject":{"roleRef":{"name":"cluster-admin"},"subjects":[{"kind":"User","name":"eve"}]}`),
			record("eve", "create", "/apis/rbac.authorization.k8s.io/v1/rolebindings", `"resource":"rolebindings","name":"b"`, "201", `,"requestObject":{"roleRef":{"name":"view"},"subjects":[{"kind":"User","name":"eve"}]}`),
		},
		{
			"Pod with a way to the node created",
			record("eve", "create", "/api/v1/namespaces/a/pods", `"resource":"pods","namespace":"a","name":"p"`, "201", pod(`{"containers":[{"name":"c","image":"x:1"}],"volumes":[{"name":"v","hostPath":{"path":"/"}}]}`)),
			record("eve", "create", "/api/v1/namespaces/a/pods", `"resource":"pods","namespace":"a","name":"p"`, "201", pod(`{"containers":[{"name":"c","image":"x:1"}],"volumes":[{"name":"v","emptyDir":{}}]}`)),
		},
		{
			"Secrets read in bulk through the API",
			record("eve", "list", "/api/v1/namespaces/a/secrets", `"resource":"secrets","namespace":"a"`, "200", ""),
			record("eve", "list", "/api/v1/namespaces/a/configmaps", `"resource":"configmaps","namespace":"a"`, "200", ""),
		},
	}
	fires := func(t *testing.T, line string) (names []string) {
		path := filepath.Join(t.TempDir(), "audit.json")
		if err := os.WriteFile(path, []byte(line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		src, err := recording.Open(t.Context(), path, source.Options{})
		if err != nil {
			t.Fatal(err)
		}
		sink := source.SinkFunc(func(b *event.Batch) {
			for i := range b.Len() {
				if rule, ok := text(b, i, "alert.rule"); ok {
					names = append(names, rule)
				}
			}
		})
		if err := src.Run(t.Context(), source.Request{}, ours(t).Sink(sink)); err != nil {
			t.Fatal(err)
		}
		return names
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			if got := fires(t, tt.deed); !slices.Contains(got, tt.rule) {
				t.Errorf("did not fire; these did: %q", got)
			}
			if got := fires(t, tt.harmless); slices.Contains(got, tt.rule) {
				t.Error("fired for what is harmless")
			}
		})
	}
}

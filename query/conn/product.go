package conn

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// Product is what a server is.
type Product uint8

// The products.
const (
	Unknown Product = iota
	Elasticsearch
	OpenSearch
	Logzio
)

func (p Product) String() string {
	switch p {
	case Elasticsearch:
		return "Elasticsearch"
	case OpenSearch:
		return "OpenSearch"
	case Logzio:
		return "Logz.io"
	}
	return "a search server"
}

// productHeader is what Elasticsearch, and only it, says of itself in every answer.
const productHeader = "X-Elastic-Product"

// root is the answer to GET /.
type root struct {
	Name    string `json:"name"`
	Tagline string `json:"tagline"`
	Cluster string `json:"cluster_uuid"`
	Version struct {
		Number       string `json:"number"`
		Distribution string `json:"distribution"`
	} `json:"version"`
}

// cluster is the id of the cluster, "" while it has none.
func (r *root) cluster() string {
	if r.Cluster == "_na_" {
		return ""
	}
	return r.Cluster
}

// oldest is the first version of each product that stoop reads.
var oldest = map[Product]int{Elasticsearch: 8, OpenSearch: 2}

// identify tells a product by its answer to GET /, which may be a refusal: who
// may read an index may not always ask for the version.
func identify(status int, h http.Header, body []byte) (Product, root, error) {
	var r root
	isJSON := json.Unmarshal(body, &r) == nil
	var p Product
	switch {
	case h.Get(productHeader) == "Elasticsearch":
		p = Elasticsearch
	case r.Version.Distribution == "opensearch" || strings.Contains(r.Tagline, "OpenSearch"):
		p = OpenSearch
	case status == http.StatusForbidden && strings.Contains(string(body), "no permissions for ["):
		p = OpenSearch // the words of its security plugin
	case h.Get("Kbn-Name") != "" || h.Get("Kbn-License-Sig") != "":
		return Unknown, r, &Error{
			Kind: WrongProduct, Text: "this is Kibana and not the server behind it", Remedy: "give Elasticsearch's own address, often of port 9200",
		}
	case h.Get("Osd-Name") != "":
		return Unknown, r, &Error{
			Kind: WrongProduct, Text: "this is OpenSearch Dashboards and not the server behind it", Remedy: "give OpenSearch's own address, often of port 9200",
		}
	case isJSON && r.Version.Number != "" && r.Tagline == "You Know, for Search":
		return Unknown, r, &Error{
			Kind: WrongProduct, Text: fmt.Sprintf("this is Elasticsearch %s", r.Version.Number), Remedy: "stoop reads Elasticsearch 8 and 9",
		}
	default:
		return Unknown, r, &Error{
			Kind: WrongProduct, Status: status, Text: "this is neither Elasticsearch nor OpenSearch: it answered with " + describe(status, h, body),
			Remedy: "is a proxy or a login in between?",
		}
	}
	if major, _, ok := strings.Cut(r.Version.Number, "."); ok {
		if n, err := strconv.Atoi(major); err == nil && n < oldest[p] {
			return Unknown, r, &Error{
				Kind: WrongProduct, Text: fmt.Sprintf("this is %s %s", p, r.Version.Number),
				Remedy: fmt.Sprintf("stoop reads version %d and newer", oldest[p]),
			}
		}
	}
	return p, r, nil
}

var htmlTitle = regexp.MustCompile(`(?is)<title[^>]*>\s*(.{1,80}?)\s*</title>`)

// describe says what an answer is that is not what was asked for.
func describe(status int, h http.Header, body []byte) string {
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	what := fmt.Sprintf("status %d", status)
	switch {
	case status >= 300 && status < 400:
		to, _, _ := strings.Cut(h.Get("Location"), "?")
		return what + " and a redirection to " + to
	case kind == "text/html":
		what += " and a page of HTML"
		if m := htmlTitle.FindSubmatch(body); m != nil {
			what += fmt.Sprintf(" (%q)", m[1])
		}
	case kind != "":
		what += " and " + kind
	}
	return what
}

// Forms of content.
const (
	plainJSON    = "application/json"
	plainNDJSON  = "application/x-ndjson"
	elasticJSON  = "application/vnd.elasticsearch+json;compatible-with=8"
	elasticLines = "application/vnd.elasticsearch+x-ndjson;compatible-with=8"
)

// dialect meets what another product does differently, below Elastic's client:
// the client asks for the header of its own product in the first answer.
type dialect struct {
	next    http.RoundTripper
	product *Product
}

// RoundTrip passes a request on.
func (d dialect) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := d.next.RoundTrip(req)
	if err == nil && *d.product != Elasticsearch && resp.Header.Get(productHeader) == "" {
		resp.Header.Set(productHeader, "Elasticsearch")
		resp.Header.Add(productHeader, lent)
	}
	return resp, err
}

// lent marks a header that the server did not send.
const lent = "lent"

// unlend takes it away again.
func unlend(h http.Header) {
	if all := h.Values(productHeader); len(all) > 1 && all[1] == lent {
		h.Del(productHeader)
	}
}

// contentType is what a body is to be called. An Elasticsearch of any version
// then answers as version 8 does; OpenSearch refuses such names.
func (p Product) contentType(lines bool) string {
	switch {
	case p == Elasticsearch && lines:
		return elasticLines
	case p == Elasticsearch:
		return elasticJSON
	case lines:
		return plainNDJSON
	}
	return plainJSON
}

package conn

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Request is what is asked of a server.
type Request struct {
	Method string
	Path   string // with a slash before it; see [Path]
	Query  url.Values
	Body   []byte // JSON
	Lines  bool   // the body is lines of JSON

	// Read takes a whole answer. An error of it means that the answer was
	// broken on its way: it is asked for again, a few times.
	Read func(body []byte) error
	// Limit bounds the answer in bytes; 0 for 64 MiB. A longer one is a
	// [TooLarge] error.
	Limit int64
	// Expect is how many bytes the answer is likely to have, so that room for
	// it is made once; 0 when that is not known.
	Expect int
	// Into is room that the answer may be read into; nil for new room.
	Into []byte
	// Patience is how long to try again when the server is busy or away; 0
	// for not at all, negative for ever.
	Patience time.Duration
	// Trouble is told of each failure that is going to be tried again, and
	// when; with nil when the server answers. It may be nil.
	Trouble func(err error, wait time.Duration)
}

const (
	defaultLimit = 64 << 20
	minWait      = 200 * time.Millisecond
	maxWait      = 5 * time.Second
	maxAfter     = 30 * time.Second // most that a server may make us wait
	maxBroken    = 3                // how often a broken answer is asked for again
)

// Do asks the server and returns its answer.
func (c *Conn) Do(ctx context.Context, req Request) ([]byte, error) {
	started := time.Now()
	broken, troubled := 0, false
	var refused time.Time // since when it has refused the credentials
	for try := 0; ; try++ {
		body, err := c.try(ctx, req)
		if err == nil {
			if req.Trouble != nil {
				req.Trouble(nil, 0) // another request may have been in trouble, and given up
			}
			return body, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var e *Error
		switch known := errors.As(err, &e); {
		case !known || e.Kind != Unauthorized:
			refused = time.Time{}
		case refused.IsZero():
			refused = time.Now() // and not since the request was made: before that the server may have been away for long
		}
		if e == nil || !e.Temporary() && !c.forgetful(e, refused) || req.Patience == 0 {
			if troubled && req.Trouble != nil && e != nil && !e.Temporary() {
				req.Trouble(nil, 0) // it answers again, whatever it says
			}
			return nil, c.at(err)
		}
		if e.Kind == Broken {
			if broken++; broken > maxBroken {
				return nil, c.at(err)
			}
		}
		wait := Wait(err, try)
		if req.Patience > 0 && time.Since(started)+wait > req.Patience {
			return nil, c.at(err)
		}
		troubled = true
		if req.Trouble != nil {
			req.Trouble(c.at(err), wait)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// forgetTime is how long a server may refuse credentials that it has accepted
// before: while it starts, it does not find its users.
const forgetTime = 30 * time.Second

// forgetful reports whether a refusal may pass.
func (c *Conn) forgetful(e *Error, since time.Time) bool {
	return e.Kind == Unauthorized && c.accepted.Load() && time.Since(since) < forgetTime
}

// Wait returns how long to wait after a failure before a further try, of which
// the first is number 0.
func Wait(err error, try int) time.Duration {
	var e *Error
	if errors.As(err, &e) && e.After > 0 {
		return min(e.After, maxAfter)
	}
	return backoff(try)
}

// backoff doubles with each try, with a share of chance.
func backoff(try int) time.Duration {
	d := min(minWait<<min(try, 10), maxWait)
	return d/2 + rand.N(d/2+1)
}

// try asks once, and once more when the credentials had run out.
func (c *Conn) try(ctx context.Context, req Request) ([]byte, error) {
	a, err := c.once(ctx, req)
	if err != nil {
		return nil, err
	}
	if a.status == http.StatusUnauthorized && c.renew(ctx) {
		if a, err = c.once(ctx, req); err != nil {
			return nil, err
		}
	}
	if a.status > 299 {
		return nil, c.refusal(req, a)
	}
	c.accepted.Store(true)
	if req.Read != nil {
		if err := req.Read(a.body); err != nil {
			var e *Error
			if errors.As(err, &e) {
				return nil, e
			}
			return nil, broken(a, err)
		}
	}
	return a.body, nil
}

// answer is what a server sent.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// once sends a request and reads the answer.
func (c *Conn) once(ctx context.Context, req Request) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, req.Method, (&url.URL{Path: "/"}).String(), nil)
	if err != nil {
		return answer{}, err
	}
	if r.URL, err = url.Parse(req.Path); err != nil {
		return answer{}, err
	}
	r.URL.RawPath = ""
	r.URL.RawQuery = req.Query.Encode()
	if req.Body != nil {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(req.Body)), int64(len(req.Body))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(req.Body)), nil }
		r.Header.Set("Content-Type", c.Product.contentType(req.Lines))
	}
	r.Header.Set("Accept", c.Product.contentType(false))
	c.credential().apply(r.Header)
	resp, err := c.client.Perform(r)
	if err != nil {
		return answer{}, c.failure(ctx, err)
	}
	defer resp.Body.Close()
	unlend(resp.Header)
	limit := req.Limit
	if limit == 0 {
		limit = defaultLimit
	}
	body, err := readAll(resp, limit, req.Expect, req.Into)
	a := answer{resp.StatusCode, resp.Header, body}
	if err != nil {
		var e *Error
		if errors.As(err, &e) {
			return a, e
		}
		return a, c.failure(ctx, err)
	}
	return a, nil
}

// readAll reads an answer up to a limit. The servers do not say beforehand how
// long that of a search is.
func readAll(resp *http.Response, limit int64, expect int, into []byte) ([]byte, error) {
	buf := bytes.NewBuffer(into[:0])
	switch n := resp.ContentLength; {
	case n > 0 && n <= limit:
		buf.Grow(int(n) + bytes.MinRead)
	case n < 0 && int64(expect) <= limit:
		buf.Grow(max(expect, bytes.MinRead))
	}
	n, err := buf.ReadFrom(io.LimitReader(resp.Body, limit+1))
	if err == nil && n > limit {
		return nil, &Error{Kind: TooLarge, Text: "the answer is larger than " + strconv.FormatInt(limit>>20, 10) + " MiB"}
	}
	return buf.Bytes(), err
}

// retryAfter reads how long a server asks to be left alone.
func retryAfter(h http.Header) time.Duration {
	n, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(min(n, int(maxAfter/time.Second))) * time.Second
}

// isBusy reports whether a status means that it may work later.
func isBusy(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

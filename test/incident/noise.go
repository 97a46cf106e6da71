//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stoop-project/stoop/test/lab"
)

// noise is the ordinary life of the shop, in which the trail must be found.
type noise struct {
	cancel context.CancelFunc
	wait   sync.WaitGroup

	requests atomic.Int64 // that the service answered as it should
	probes   atomic.Int64
}

// startNoise lets customers and health checks ask the service, and kubelet's
// probe look into the worker, at intervals scaled by pace.
func startNoise(ctx context.Context, web string, worker *lab.Container, pace float64) *noise {
	ctx, cancel := context.WithCancel(ctx)
	n := &noise{cancel: cancel}
	order := 100
	for _, habit := range []struct {
		every time.Duration
		do    func() error
	}{
		{time.Second, func() error { return get(ctx, web+"/healthz") }},
		{400 * time.Millisecond, func() error { return get(ctx, web+"/products") }},
		{1700 * time.Millisecond, func() error { return get(ctx, web+"/track?order=2") }},
		{2300 * time.Millisecond, func() error {
			order++
			return post(ctx, web+"/orders", fmt.Sprintf("%d,cup,1", order))
		}},
	} {
		n.repeat(ctx, scaled(habit.every, pace), &n.requests, habit.do)
	}
	n.repeat(ctx, scaled(5*time.Second, pace), &n.probes, func() error {
		_, err := worker.Exec(ctx, "/bin/cat", "/var/lib/worker/report.txt")
		return err
	})
	return n
}

func (n *noise) repeat(ctx context.Context, every time.Duration, count *atomic.Int64, do func() error) {
	n.wait.Go(func() {
		tick := time.NewTicker(max(every, 20*time.Millisecond))
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if do() == nil {
					count.Add(1)
				}
			}
		}
	})
}

func (n *noise) stop() {
	n.cancel()
	n.wait.Wait()
}

var client = &http.Client{
	Timeout:   2 * time.Second,
	Transport: &http.Transport{DisableKeepAlives: true, Proxy: nil},
}

func get(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	return do(request, http.StatusOK)
}

func post(ctx context.Context, url, body string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	return do(request, http.StatusCreated)
}

func do(request *http.Request, want int) error {
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	if response.StatusCode != want {
		return fmt.Errorf("%s: %s", request.URL, response.Status)
	}
	return nil
}

func scaled(d time.Duration, pace float64) time.Duration {
	return time.Duration(float64(d) * pace)
}

//go:build linux

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/recording"
	"github.com/stoop-project/stoop/internal/source"
)

// publish makes the demo of a recording: the events of the story's pods,
// without what they say of the machine that they were recorded on. Of the
// host's processes only those right above a container stay, by name.
func publish(ctx context.Context, from, to string) error {
	src, err := recording.Open(ctx, from, source.Options{})
	if err != nil {
		return err
	}
	defer src.Close()
	folder, err := os.MkdirTemp("", "incident")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	plain := filepath.Join(folder, "plain")
	w, err := recording.Create(plain, recording.Options{Meta: recording.Meta{Host: publicHost}})
	if err != nil {
		return err
	}
	story, err := filter.Compile("k8s.ns.name = shop", event.Fields)
	if err != nil {
		return err
	}
	copiers := make(map[*event.Tables]*event.Copier)
	err = src.Run(ctx, source.Request{}, source.SinkFunc(func(b *event.Batch) {
		c := copiers[b.Tables]
		if c == nil {
			c = event.NewCopier(b.Tables)
			c.Edit = anonymous
			c.Tables().Host = c.Tables().Strings.Add(publicHost)
			copiers[b.Tables] = c
		}
		for from := 0; from < b.Len(); {
			to := from
			for to < b.Len() && story.Match(b, to) {
				to++
			}
			if to > from {
				w.Batch(c.Batch(b.Slice(from, to)))
			}
			from = to + 1
		}
	}))
	if err := errors.Join(err, w.Close()); err != nil {
		return err
	}
	return compress(plain, to)
}

// compress writes a file again as zstd.
func compress(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return err
	}
	return os.WriteFile(to, enc.EncodeAll(data, nil), 0o644)
}

// publicHost is the node's name in the demo.
const publicHost = "node-1"

// anonymous takes off a process what only the machine knows.
func anonymous(t *event.Tables, p *event.Proc) {
	if !t.Cont(p.Cont).IsHost() && p.Cont != 0 {
		return
	}
	*p = event.Proc{
		PID: p.PID, Start: p.Start, Name: p.Name, Exe: p.Name, Cont: p.Cont, UID: p.UID, User: p.User,
		Known: p.Known & (event.KnowPID | event.KnowStart | event.KnowUID),
	}
}

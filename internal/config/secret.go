package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/safetext"
)

// maxSecret bounds what is read as a secret.
const maxSecret = 64 << 10

// SecretFile reads the secret that a file holds.
func SecretFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSecret))
	if err != nil {
		return "", err
	}
	secret := strings.TrimSpace(string(text))
	if secret == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return secret, nil
}

// commandTimeout bounds how long a credential command may take.
const commandTimeout = 30 * time.Second

// SecretCommand runs a command and returns the secret that it prints.
func SecretCommand(ctx context.Context, words []string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.WaitDelay = time.Second
	cmd.Stdin = nil
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &bounded{&out, maxSecret}, &bounded{&errs, maxSecret}
	err := cmd.Run()
	if ctx.Err() == context.DeadlineExceeded {
		return "", fmt.Errorf("the credential command has not ended after %s", commandTimeout)
	}
	if err != nil {
		said := safetext.Redact(strings.TrimSpace(errs.String()))
		if at := strings.LastIndexByte(said, '\n'); at >= 0 {
			said = said[at+1:]
		}
		if said != "" {
			said = ": " + said
		}
		return "", fmt.Errorf("the credential command failed (%w)%s", err, said)
	}
	secret := strings.TrimSpace(out.String())
	if secret == "" {
		return "", errors.New("the credential command printed nothing")
	}
	return secret, nil
}

// bounded keeps the beginning of what is written.
type bounded struct {
	to   *bytes.Buffer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	n := min(len(p), b.left)
	b.to.Write(p[:n])
	b.left -= n
	return len(p), nil
}

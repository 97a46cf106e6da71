package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
	kongcompletion "github.com/jotaen/kong-completion"
	"github.com/posener/complete"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/safetext"
)

// version is set when the program is built (-ldflags -X main.version=…).
var version = "devel"

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2 // the command line or a filter is wrong
)

// cli is the command line: a verb and its sources.
type cli struct {
	View       viewCmd                   `cmd:"" default:"withargs" help:"Open sources on the screen (the default verb)."`
	Open       openCmd                   `cmd:"" help:"Open the trail of an alert that came from elsewhere: Falco's JSON, a SIEM's hit, a webhook's message."`
	Print      printCmd                  `cmd:"" help:"Print events as a table, JSON or CSV."`
	Queue      queueCmd                  `cmd:"" help:"Alerts by kind, what matters first, and what was decided about them."`
	Case       caseCmd                   `cmd:"" help:"Cases: what was found, gathered; open, list, note, export, verify."`
	Record     recordCmd                 `cmd:"" help:"Write events to a recording."`
	Watch      watchCmd                  `cmd:"" help:"Make alerts by rules, and tell others: Falco's JSON, syslog, HTTP, Slack, mail, …."`
	Deliver    deliverCmd                `cmd:"" help:"Send a SIEM what waits for it in the spool."`
	Demo       demoCmd                   `cmd:"" help:"Open the built-in demo: a real incident in a pod."`
	Filter     filterCmd                 `cmd:"" help:"Parse, check or explain a filter."`
	Rules      rulesCmd                  `cmd:"" help:"Rule files: check, list, show, explain, except."`
	Doctor     doctorCmd                 `cmd:"" help:"Say what works on this machine, what does not, and what to do."`
	Fields     fieldsCmd                 `cmd:"" help:"List the fields that filters and columns know."`
	Profiles   profilesCmd               `cmd:"" help:"Kinds of documents: list, show, detect, test."`
	Pivots     pivotsCmd                 `cmd:"" help:"Ways from an event to others: list, check, schema."`
	Responses  responsesCmd              `cmd:"" help:"What may be done about an event, as text: list, check, schema."`
	Version    versionCmd                `cmd:"" help:"Print the version."`
	TaxLoop    taxLoopCmd                `cmd:"" hidden:""`
	Completion kongcompletion.Completion `cmd:"" help:"Print shell code for completion."`
}

// usageError is an error of whoever typed the command line.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// app is what the verbs share.
type app struct {
	ctx    context.Context
	out    *output
	errs   io.Writer
	parser *kong.Kong
}

func main() {
	helper()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)                            // a second Ctrl-C ends what the first could not: a write that waits
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // a reader that went away (head) ends no more than the writing
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run does what the arguments say and returns the exit code.
func run(ctx context.Context, args []string, out *os.File, errs io.Writer) int {
	a := &app{ctx: ctx, out: &output{file: out}, errs: errs}
	exited := -1
	parser, err := newParser(a, func(code int) { exited = code; panic(exitPanic{}) })
	if err != nil {
		return fail(out, errs, err)
	}
	a.parser = parser
	useProfiles(errs)
	kongcompletion.Register(parser, kongcompletion.WithPredictors(predictors()))
	err = cmp.Or(parseAndRun(parser, args), a.out.failed())
	if exited >= 0 {
		return exited
	}
	var parseErr *kong.ParseError
	if errors.As(err, &parseErr) {
		err = usageError{fmt.Errorf("%w (stoop --help lists the verbs, stoop VERB --help their flags)", parseErr)}
	}
	return fail(out, errs, err)
}

// newParser knows the verbs and their flags; exit is where it ends after --help.
func newParser(a *app, exit func(code int)) (*kong.Kong, error) {
	return kong.New(new(cli),
		kong.Name("stoop"),
		kong.Description("From an alert to the syscall trail behind it.\n\n"+sourceGuide()),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Writers(a.out, a.errs),
		kong.Exit(exit),
		kong.Bind(a),
	)
}

// predictors complete arguments in the shell.
func predictors() map[string]complete.Predictor {
	fields := complete.PredictFunc(func(complete.Args) (names []string) {
		for _, f := range event.Fields.All() {
			names = append(names, f.Name)
		}
		return names
	})
	files := complete.PredictFiles("*")
	return map[string]complete.Predictor{
		"file": files, "field": fields, "source": complete.PredictOr(complete.PredictSet("live", "demo", "-"), files),
	}
}

// exitPanic leaves kong where it wants to exit: after --help.
type exitPanic struct{}

func parseAndRun(parser *kong.Kong, args []string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(exitPanic); !ok {
				panic(r)
			}
		}
	}()
	kctx, err := parser.Parse(args)
	if err != nil {
		return err
	}
	return kctx.Run()
}

// fail prints an error and returns the exit code that it means.
func fail(out *os.File, errs io.Writer, err error) int {
	if err == nil || errors.Is(err, context.Canceled) || nobodyReads(out, err) {
		return exitOK
	}
	fmt.Fprintln(safetext.NewWriter(errs), "stoop:", err)
	var usage usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// nobodyReads reports that whoever read the output has gone away, having had
// enough.
func nobodyReads(out *os.File, err error) bool {
	var path *fs.PathError
	return errors.As(err, &path) && path.Path == out.Name() && errors.Is(path, syscall.EPIPE)
}

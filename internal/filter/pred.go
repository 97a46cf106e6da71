package filter

import (
	"sync/atomic"

	"github.com/stoop-project/stoop/internal/event"
)

// pred is a bound expression.
type pred struct {
	expr   Expr // what it was made of
	op     predOp
	kids   []*pred // of and, or, not
	leaf   *leaf
	homes  homeSet
	fields []*event.Field // all that are read
	typed  atomic.Pointer[TypeSet]
	slot   int // in a group: its memo of rows, from 1; 0: none
}

type predOp uint8

const (
	predLeaf predOp = iota
	predAnd
	predOr
	predNot
)

func (b *binder) expr(e Expr) (*pred, *Error) {
	switch e := e.(type) {
	case *And:
		return b.exprs(e, predAnd, e.X)
	case *Or:
		return b.exprs(e, predOr, e.X)
	case *Not:
		return b.exprs(e, predNot, []Expr{e.X})
	case *Check:
		l, err := b.leaf(e)
		if err != nil {
			return nil, err
		}
		p := &pred{expr: e, leaf: l, homes: l.left.homes, fields: l.left.fields}
		if l.right != nil {
			p.homes |= l.right.homes
			p.fields = append(p.fields[:len(p.fields):len(p.fields)], l.right.fields...)
		}
		return p, nil
	case *Macro:
		return nil, &Error{Pos: e.Pos, Msg: "filter error: unexpected identifier '" + e.Name + "'", Hint: b.macroHint(e.Name)}
	}
	return nil, &Error{Pos: e.At(), Msg: "filter error: unknown kind of expression"}
}

// macroHint helps with a bare word, which is often a field without its class.
func (b *binder) macroHint(name string) string {
	for _, f := range b.reg.All() {
		if len(f.Name) > len(name) && f.Name[len(f.Name)-len(name)-1] == '.' && f.Name[len(f.Name)-len(name):] == name {
			return "did you mean '" + f.Name + " = …'?"
		}
	}
	return "there is no macro of that name; a check is written as proc.name = sh"
}

func (b *binder) exprs(e Expr, op predOp, xs []Expr) (*pred, *Error) {
	p := &pred{expr: e, op: op}
	for _, x := range xs {
		kid, err := b.expr(x)
		if err != nil {
			return nil, err
		}
		p.add(kid)
	}
	return p, nil
}

func (p *pred) add(kid *pred) {
	p.kids = append(p.kids, kid)
	p.homes |= kid.homes
	p.fields = append(p.fields, kid.fields...)
}

// eval decides on one row.
func (p *pred) eval(at *probe) bool {
	switch p.op {
	case predAnd:
		for _, k := range p.kids {
			if !k.eval(at) {
				return false
			}
		}
		return true
	case predOr:
		for _, k := range p.kids {
			if k.eval(at) {
				return true
			}
		}
		return false
	case predNot:
		return !p.kids[0].eval(at)
	}
	return p.leaf.test(at)
}

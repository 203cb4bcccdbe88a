package phonetest

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// realm and nonce of challenges: a test has no replays.
const (
	realm = "phonetest"
	nonce = "7c1d1c0e5a"
)

// knows reports whether a request has the password; when not, it was asked for.
func (e *Exchange) knows(req *sip.Request, tx sip.ServerTransaction, status int, asks, answers string) bool {
	if e.o.Username == "" {
		return true
	}
	challenge := &digest.Challenge{Realm: realm, Nonce: nonce, Algorithm: "SHA-256", QOP: []string{"auth"}}
	if h := req.GetHeader(answers); h != nil {
		got, err := digest.ParseCredentials(h.Value())
		if err == nil && got.Username == e.o.Username && got.Nonce == nonce {
			want, err := digest.Digest(challenge, digest.Options{Method: string(req.Method), URI: got.URI, Count: got.Nc,
				Cnonce: got.Cnonce, Username: e.o.Username, Password: e.o.Password})
			if err == nil && want.Response == got.Response {
				return true
			}
		}
	}
	res := sip.NewResponseFromRequest(req, status, "Who are you", nil)
	// An older algorithm stands first, as servers list it for older phones.
	res.AppendHeader(sip.NewHeader(asks, `Digest realm="`+realm+`", nonce="other", algorithm=UNHEARD`))
	res.AppendHeader(sip.NewHeader(asks, challenge.String()))
	_ = tx.Respond(res)
	return false
}

func (e *Exchange) registered(req *sip.Request, tx sip.ServerTransaction) {
	if !e.knows(req, tx, 401, "WWW-Authenticate", "Authorization") {
		return
	}
	seconds := -1
	if h := req.GetHeader("Expires"); h != nil {
		seconds, _ = strconv.Atoi(strings.TrimSpace(h.Value()))
	}
	e.mu.Lock()
	e.register = append(e.register, seconds)
	e.mu.Unlock()
	_ = tx.Respond(sip.NewResponseFromRequest(req, 200, "OK", nil))
}

// end records how a call ended; the first end counts.
func (e *Exchange) end(c *Call, how string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if c.Ended.IsZero() {
		c.Ended, c.End = time.Now(), how
	}
}

func (e *Exchange) invite(ctx context.Context, req *sip.Request, tx sip.ServerTransaction) {
	e.busy.RLock() // the test's end waits for us
	defer e.busy.RUnlock()
	if ctx.Err() != nil {
		return
	}
	if !e.knows(req, tx, 407, "Proxy-Authenticate", "Proxy-Authorization") {
		return
	}
	call := &Call{Number: req.Recipient.User, Caller: req.From().Address.User, At: time.Now()}
	var b Behaviour
	if e.o.Behave != nil {
		b = e.o.Behave(call.Number)
	}
	dialog, err := e.dialogs.ReadInvite(req, tx)
	if err != nil {
		return
	}
	defer dialog.Close()
	e.mu.Lock()
	e.calls = append(e.calls, call)
	e.mu.Unlock()
	if !e.ring(ctx, dialog, tx, b) {
		e.end(call, "cancelled")
		return
	}
	if b.Status != 0 {
		e.end(call, strconv.Itoa(b.Status))
		_ = dialog.Respond(b.Status, "No", nil)
		return
	}
	e.answer(ctx, dialog, req, call, b)
}

// ring rings, and reports whether the caller is still there.
func (e *Exchange) ring(ctx context.Context, dialog *sipgo.DialogServerSession, tx sip.ServerTransaction, b Behaviour) bool {
	gone := make(chan struct{})
	var once sync.Once
	if !tx.OnCancel(func(*sip.Request) { once.Do(func() { close(gone) }) }) {
		return false
	}
	if b.Rings == 0 && !b.Never {
		return true
	}
	_ = dialog.Respond(180, "Ringing", nil)
	wait := time.NewTimer(b.Rings)
	defer wait.Stop()
	if b.Never {
		wait.Stop()
	}
	select {
	case <-gone:
		return false
	case <-wait.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// answer picks up and does what the phone does until the call is over.
func (e *Exchange) answer(ctx context.Context, dialog *sipgo.DialogServerSession, req *sip.Request, call *Call, b Behaviour) {
	l, err := newLine(e, call, req)
	if err != nil {
		e.end(call, "488")
		_ = dialog.Respond(488, "Not Acceptable Here", nil)
		return
	}
	defer l.close()
	id := req.CallID().Value()
	e.mu.Lock()
	e.lines[id] = l
	call.Answered = time.Now()
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.lines, id)
	}()
	if err := dialog.RespondSDP(l.sdp(b.Format)); err != nil {
		e.end(call, "not acknowledged: "+err.Error())
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(dialog.Context(), cancel)
	defer stop()
	var pressing sync.WaitGroup
	pressing.Go(func() {
		l.press(ctx, b.Keys, func(kind string, body []byte) {
			info := sip.NewRequest(sip.INFO, req.Contact().Address)
			info.AppendHeader(sip.NewHeader("Content-Type", kind))
			info.SetBody(body)
			_, _ = dialog.Do(ctx, info)
		})
	})
	hang := time.NewTimer(b.HangUp)
	defer hang.Stop()
	if b.HangUp == 0 {
		hang.Stop()
	}
	select {
	case <-ctx.Done():
	case <-hang.C:
		e.end(call, "phone hung up")
		_ = dialog.Bye(ctx)
	}
	cancel()
	pressing.Wait()
}

func (e *Exchange) bye(req *sip.Request, tx sip.ServerTransaction) {
	e.mu.Lock()
	l := e.lines[req.CallID().Value()]
	e.mu.Unlock()
	if l != nil {
		e.end(l.call, "caller hung up")
	}
	if e.dialogs.ReadBye(req, tx) != nil {
		_ = tx.Respond(sip.NewResponseFromRequest(req, 481, "Call/Transaction Does Not Exist", nil))
	}
}

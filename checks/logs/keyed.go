package logs

import (
	"container/list"
	"encoding/json"
)

// keyed is a bounded map that forgets its oldest key when it is full.
type keyed[T any] struct {
	items map[string]*list.Element // of *entry[T]
	order list.List                // the oldest in front
}

// entry is one key with its value.
type entry[T any] struct {
	Key   string `json:"key"`
	Value *T     `json:"value"`
}

// maxKeys bounds what one rule counts by: each is about 200 bytes.
const maxKeys = 10_000

// maxKeyLen bounds one of them; longer ones share the counter of their beginning.
const maxKeyLen = 512

func (k *keyed[T]) get(key string) *T {
	if e, ok := k.items[cutKey(key)]; ok {
		return e.Value.(*entry[T]).Value
	}
	return nil
}

// put adds a key that is not there yet; dropped says that another had to go.
func (k *keyed[T]) put(key string, v *T) (dropped bool) {
	key = cutKey(key)
	if k.items == nil {
		k.items = map[string]*list.Element{}
	}
	if len(k.items) >= maxKeys {
		k.remove(k.order.Front().Value.(*entry[T]).Key)
		dropped = true
	}
	k.items[key] = k.order.PushBack(&entry[T]{Key: key, Value: v})
	return dropped
}

func (k *keyed[T]) remove(key string) {
	if e, ok := k.items[cutKey(key)]; ok {
		k.order.Remove(e)
		delete(k.items, cutKey(key))
	}
}

// expire drops the oldest keys for as long as they are over.
func (k *keyed[T]) expire(over func(key string, v *T) bool) {
	for e := k.order.Front(); e != nil; e = k.order.Front() {
		it := e.Value.(*entry[T])
		if !over(it.Key, it.Value) {
			return
		}
		k.remove(it.Key)
	}
}

func cutKey(key string) string { return key[:min(len(key), maxKeyLen)] }

// MarshalJSON writes the keys in their order.
func (k *keyed[T]) MarshalJSON() ([]byte, error) {
	out := make([]*entry[T], 0, len(k.items))
	for e := k.order.Front(); e != nil; e = e.Next() {
		out = append(out, e.Value.(*entry[T]))
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads them again.
func (k *keyed[T]) UnmarshalJSON(raw []byte) error {
	var in []*entry[T]
	if err := json.Unmarshal(raw, &in); err != nil {
		return err
	}
	for _, e := range in {
		if e != nil && e.Value != nil && k.get(e.Key) == nil {
			k.put(e.Key, e.Value)
		}
	}
	return nil
}

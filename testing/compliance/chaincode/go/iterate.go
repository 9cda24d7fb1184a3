package main

import (
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/queryresult"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

func row(entry *queryresult.KV) []string {
	return []string{entry.GetKey(), string(entry.GetValue())}
}

func version(entry *queryresult.KeyModification) []any {
	return []any{string(entry.GetValue()), entry.GetIsDelete(), entry.GetTxId()}
}

// source is what both of the shim's iterators are.
type source[E any] interface {
	HasNext() bool
	Next() (E, error)
	Close() error
}

// collect reads an iterator to its end and closes it.
func collect[E, R any](iterator source[E], shape func(E) R, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	found := []R{}
	for iterator.HasNext() {
		entry, err := iterator.Next()
		if err != nil {
			return nil, err
		}
		found = append(found, shape(entry))
	}
	return found, iterator.Close()
}

// beforeAndAfter tells of HasNext around one Next.
func beforeAndAfter[E any](iterator source[E], err error) (any, error) {
	if err != nil {
		return nil, err
	}
	before := iterator.HasNext()
	if _, err = iterator.Next(); err != nil {
		return nil, err
	}
	return []bool{before, iterator.HasNext()}, iterator.Close()
}

func rows(iterator shim.StateQueryIteratorInterface, err error) (any, error) {
	return collect[*queryresult.KV](iterator, row, err)
}

func versions(iterator shim.HistoryQueryIteratorInterface, err error) (any, error) {
	return collect[*queryresult.KeyModification](iterator, version, err)
}

func hasNext(iterator shim.StateQueryIteratorInterface, err error) (any, error) {
	return beforeAndAfter[*queryresult.KV](iterator, err)
}

func historyHasNext(iterator shim.HistoryQueryIteratorInterface, err error) (any, error) {
	return beforeAndAfter[*queryresult.KeyModification](iterator, err)
}

func page(iterator shim.StateQueryIteratorInterface, metadata *peer.QueryResponseMetadata, err error) (any, error) {
	found, err := rows(iterator, err)
	if err != nil {
		return nil, err
	}
	return map[string]any{"rows": found, "count": metadata.GetFetchedRecordsCount(), "bookmark": metadata.GetBookmark()}, nil
}

// nthNext asks so many times, whether or not there is another.
func nthNext(iterator shim.StateQueryIteratorInterface, count int32, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	var last *queryresult.KV
	for index := int32(0); index < count; index++ {
		if last, err = iterator.Next(); err != nil {
			return nil, err
		}
	}
	return map[string]any{"value": row(last), "done": false}, nil
}

func nextAfterClose(iterator shim.StateQueryIteratorInterface, count int32, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	for index := int32(0); index < count; index++ {
		if _, err = iterator.Next(); err != nil {
			return nil, err
		}
	}
	if err = iterator.Close(); err != nil {
		return nil, err
	}
	entry, err := iterator.Next()
	if err != nil {
		return nil, err
	}
	return row(entry), nil
}

func firstVersion(iterator shim.HistoryQueryIteratorInterface, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	entry, err := iterator.Next()
	if err != nil {
		return nil, err
	}
	return version(entry), iterator.Close()
}

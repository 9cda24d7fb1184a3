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

func rows(iterator shim.StateQueryIteratorInterface, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	found := [][]string{}
	for iterator.HasNext() {
		entry, err := iterator.Next()
		if err != nil {
			return nil, err
		}
		found = append(found, row(entry))
	}
	return found, iterator.Close()
}

func page(iterator shim.StateQueryIteratorInterface, metadata *peer.QueryResponseMetadata, err error) (any, error) {
	found, err := rows(iterator, err)
	if err != nil {
		return nil, err
	}
	return map[string]any{"rows": found, "count": metadata.GetFetchedRecordsCount(), "bookmark": metadata.GetBookmark()}, nil
}

func versions(iterator shim.HistoryQueryIteratorInterface, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	found := [][]any{}
	for iterator.HasNext() {
		entry, err := iterator.Next()
		if err != nil {
			return nil, err
		}
		found = append(found, version(entry))
	}
	return found, iterator.Close()
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

func hasNext(iterator shim.StateQueryIteratorInterface, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	before := iterator.HasNext()
	if _, err = iterator.Next(); err != nil {
		return nil, err
	}
	return []bool{before, iterator.HasNext()}, iterator.Close()
}

func historyHasNext(iterator shim.HistoryQueryIteratorInterface, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	before := iterator.HasNext()
	if _, err = iterator.Next(); err != nil {
		return nil, err
	}
	return []bool{before, iterator.HasNext()}, iterator.Close()
}

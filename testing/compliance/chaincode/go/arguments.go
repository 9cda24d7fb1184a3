package main

import (
	"encoding/hex"
	"strconv"
	"strings"
)

// arguments of a call, as JSON has them.
type arguments []any

func (a arguments) text(index int) string {
	if index >= len(a) {
		return ""
	}
	text, _ := a[index].(string)
	return text
}

func (a arguments) number(index int) int32 {
	number, _ := a[index].(float64)
	return int32(number)
}

func (a arguments) texts(index int) []string {
	found := []string{}
	list, _ := a[index].([]any)
	for _, one := range list {
		text, _ := one.(string)
		found = append(found, text)
	}
	return found
}

// bytes: text, "hex:00ff", or "times:1000" for so many letters.
func (a arguments) bytes(index int) []byte {
	text := a.text(index)
	if rest, ok := strings.CutPrefix(text, "hex:"); ok {
		decoded, _ := hex.DecodeString(rest)
		return decoded
	}
	if rest, ok := strings.CutPrefix(text, "times:"); ok {
		count, _ := strconv.Atoi(rest)
		return []byte(strings.Repeat("x", count))
	}
	return []byte(text)
}

// asText has U+FFFD for every byte that is no UTF-8.
func asText(value []byte, err error) (any, error) {
	return string([]rune(string(value))), err
}

func asHex(value []byte, err error) (any, error) {
	return hex.EncodeToString(value), err
}

func asTexts(values [][]byte, err error) (any, error) {
	found := []string{}
	for _, value := range values {
		found = append(found, string(value))
	}
	return found, err
}

export const MUTANTS = [
 {
  "id": "a0",
  "invariant": 2,
  "check": "if (header.version !== PROTOCOL_VERSION) throw new SelvedgeE",
  "file": "libs/sealed-objects/src/request.ts",
  "find": "  if (header.version !== PROTOCOL_VERSION) throw new SelvedgeError('UNSUPPORTED_VERSION', `request version ${String(header.version)}`);",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/request.test.ts"
  ]
 },
 {
  "id": "a1",
  "invariant": 2,
  "check": "if (header.network !== expected.network) throw new SelvedgeE",
  "file": "libs/sealed-objects/src/request.ts",
  "find": "  if (header.network !== expected.network) throw new SelvedgeError('WRONG_NETWORK', 'the request is for another network');",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/request.test.ts"
  ]
 },
 {
  "id": "a2",
  "invariant": 2,
  "check": "if (header.channel !== expected.channel) throw new SelvedgeE",
  "file": "libs/sealed-objects/src/request.ts",
  "find": "  if (header.channel !== expected.channel) throw new SelvedgeError('WRONG_CHANNEL', 'the request is for another channel');",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/request.test.ts"
  ]
 },
 {
  "id": "a3",
  "invariant": 2,
  "check": "if (header.direction !== Direction.REQUEST) throw new Selved",
  "file": "libs/sealed-objects/src/request.ts",
  "find": "  if (header.direction !== Direction.REQUEST) throw new SelvedgeError('MALFORMED_MESSAGE', 'request header: direction is not request');",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/request.test.ts"
  ]
 },
 {
  "id": "a4",
  "invariant": 2,
  "check": "requireLength('request tx_id', header.txId, 32);",
  "file": "libs/sealed-objects/src/request.ts",
  "find": "  requireLength('request tx_id', header.txId, 32);",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/request.test.ts"
  ]
 },
 {
  "id": "a5",
  "invariant": 2,
  "check": "requireLength('tx_id', input.txId, 32);",
  "file": "libs/sealed-objects/src/request.ts",
  "find": "  requireLength('tx_id', input.txId, 32);",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/request.test.ts"
  ]
 },
 {
  "id": "a6",
  "invariant": 2,
  "check": "requireAtMost('request header', headerBytes.length, LIMITS.m",
  "file": "libs/sealed-objects/src/request.ts",
  "find": "  requireAtMost('request header', headerBytes.length, LIMITS.maxHeaderBytes);",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/request.test.ts"
  ]
 },
 {
  "id": "a7",
  "invariant": 2,
  "check": "requireAtMost('request', sealed.ciphertext.length, LIMITS.ma",
  "file": "libs/sealed-objects/src/request.ts",
  "find": "  requireAtMost('request', sealed.ciphertext.length, LIMITS.maxRequestBytes);",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/request.test.ts"
  ]
 },
 {
  "id": "a8",
  "invariant": 2,
  "check": "requireAtMost('request', ciphertext.length, LIMITS.maxReques",
  "file": "libs/sealed-objects/src/request.ts",
  "find": "  requireAtMost('request', ciphertext.length, LIMITS.maxRequestBytes);",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/request.test.ts"
  ]
 },
 {
  "id": "a9",
  "invariant": 2,
  "check": "if (transactionKey.length !== KEY_BYTES) throw new SelvedgeE",
  "file": "libs/sealed-objects/src/request.ts",
  "find": "  if (transactionKey.length !== KEY_BYTES) throw new SelvedgeError('DECRYPT_FAILED', 'decryption failed');",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/request.test.ts"
  ]
 },
 {
  "id": "a10",
  "invariant": 2,
  "check": "if (keyPair === undefined) throw new SelvedgeError('ENVELOPE",
  "file": "libs/sealed-objects/src/request.ts",
  "find": "if (keyPair === undefined) throw new SelvedgeError('ENVELOPE_EPOCH_UNKNOWN', `no envelope key of epoch ${String(header.envelopeEpoch)}`);",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/request.test.ts"
  ]
 },
 {
  "id": "a11",
  "invariant": 2,
  "check": "lengthPrefixed(['selvedge/v1/request envelope', headerBytes]",
  "file": "libs/sealed-objects/src/request.ts",
  "find": "lengthPrefixed(['selvedge/v1/request envelope', headerBytes])",
  "replace": "lengthPrefixed(['selvedge/v1/request envelope'])",
  "tests": [
   "libs/sealed-objects/src/request.test.ts"
  ]
 },
 {
  "id": "a12",
  "invariant": 2,
  "check": "if (input.salt.length !== KEY_BYTES) throw new SelvedgeError",
  "file": "libs/sealed-objects/src/response.ts",
  "find": "  if (input.salt.length !== KEY_BYTES) throw new SelvedgeError('DECRYPT_FAILED', 'decryption failed');",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/response.test.ts"
  ]
 },
 {
  "id": "a13",
  "invariant": 2,
  "check": "requireKey('transaction key', context.transactionKey);",
  "file": "libs/sealed-objects/src/response.ts",
  "find": "  requireKey('transaction key', context.transactionKey);",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/response.test.ts"
  ]
 },
 {
  "id": "a14",
  "invariant": 2,
  "check": "[context.nodeId, salt, context.requestDigest]",
  "file": "libs/sealed-objects/src/response.ts",
  "find": "[context.nodeId, salt, context.requestDigest]",
  "replace": "[context.nodeId, context.requestDigest]",
  "tests": [
   "libs/sealed-objects/src/response.test.ts"
  ]
 },
 {
  "id": "a15",
  "invariant": 2,
  "check": "[context.nodeId, salt, context.requestDigest]",
  "file": "libs/sealed-objects/src/response.ts",
  "find": "[context.nodeId, salt, context.requestDigest]",
  "replace": "[context.nodeId, salt]",
  "tests": [
   "libs/sealed-objects/src/response.test.ts"
  ]
 },
 {
  "id": "a16",
  "invariant": 2,
  "check": "[context.nodeId, salt, context.requestDigest]",
  "file": "libs/sealed-objects/src/response.ts",
  "find": "[context.nodeId, salt, context.requestDigest]",
  "replace": "[salt, context.requestDigest]",
  "tests": [
   "libs/sealed-objects/src/response.test.ts"
  ]
 },
 {
  "id": "a17",
  "invariant": 2,
  "check": "context.headerBytes, context.nodeId, context.coreDigest]",
  "file": "libs/sealed-objects/src/response.ts",
  "find": "context.headerBytes, context.nodeId, context.coreDigest]",
  "replace": "context.nodeId, context.coreDigest]",
  "tests": [
   "libs/sealed-objects/src/response.test.ts"
  ]
 },
 {
  "id": "a18",
  "invariant": 2,
  "check": "context.headerBytes, context.nodeId, context.coreDigest]",
  "file": "libs/sealed-objects/src/response.ts",
  "find": "context.headerBytes, context.nodeId, context.coreDigest]",
  "replace": "context.headerBytes, context.nodeId]",
  "tests": [
   "libs/sealed-objects/src/response.test.ts"
  ]
 },
 {
  "id": "a19",
  "invariant": 2,
  "check": "if (header.channel !== expected.channel) throw forged();",
  "file": "libs/sealed-objects/src/packet.ts",
  "find": "  if (header.channel !== expected.channel) throw forged();",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/packet.test.ts"
  ]
 },
 {
  "id": "a20",
  "invariant": 2,
  "check": "if (header.channel !== expected.channel) throw forged();",
  "file": "libs/sealed-objects/src/event.ts",
  "find": "  if (header.channel !== expected.channel) throw forged();",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/event.test.ts"
  ]
 },
 {
  "id": "a21",
  "invariant": 2,
  "check": "if (header.contract !== expected.contract) throw forged();",
  "file": "libs/sealed-objects/src/packet.ts",
  "find": "  if (header.contract !== expected.contract) throw forged();",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/packet.test.ts"
  ]
 },
 {
  "id": "a22",
  "invariant": 2,
  "check": "if (header.contract !== expected.contract) throw forged();",
  "file": "libs/sealed-objects/src/event.ts",
  "find": "  if (header.contract !== expected.contract) throw forged();",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/event.test.ts"
  ]
 },
 {
  "id": "a23",
  "invariant": 2,
  "check": "if (header.dataset !== expected.dataset) throw forged();",
  "file": "libs/sealed-objects/src/packet.ts",
  "find": "  if (header.dataset !== expected.dataset) throw forged();",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/packet.test.ts"
  ]
 },
 {
  "id": "a24",
  "invariant": 2,
  "check": "if (expected.ledgerKey !== undefined && !equalBytes(header.l",
  "file": "libs/sealed-objects/src/packet.ts",
  "find": "  if (expected.ledgerKey !== undefined && !equalBytes(header.ledgerKey, expected.ledgerKey)) throw forged();",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/packet.test.ts"
  ]
 },
 {
  "id": "a25",
  "invariant": 2,
  "check": "if (expected.datasetTag !== undefined && !equalBytes(header.",
  "file": "libs/sealed-objects/src/packet.ts",
  "find": "  if (expected.datasetTag !== undefined && !equalBytes(header.datasetTag, expected.datasetTag)) throw forged();",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/packet.test.ts"
  ]
 },
 {
  "id": "a26",
  "invariant": 2,
  "check": "if (dataKey === undefined) throw new SelvedgeError('KEY_EPOC",
  "file": "libs/sealed-objects/src/packet.ts",
  "find": "  if (dataKey === undefined) throw new SelvedgeError('KEY_EPOCH_UNKNOWN', `no data key of epoch ${String(header.keyEpoch)}`);",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/packet.test.ts"
  ]
 },
 {
  "id": "a27",
  "invariant": 2,
  "check": "if (!equalBytes(encodeMessage(PacketSchema, packet), bytes))",
  "file": "libs/sealed-objects/src/packet.ts",
  "find": "  if (!equalBytes(encodeMessage(PacketSchema, packet), bytes)) throw new SelvedgeError('MALFORMED_MESSAGE', 'packet: not the canonical encoding');",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/packet.test.ts"
  ]
 },
 {
  "id": "a28",
  "invariant": 2,
  "check": "checkLengths(fields);",
  "file": "libs/sealed-objects/src/packet.ts",
  "find": "  checkLengths(fields);",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/packet.test.ts"
  ]
 },
 {
  "id": "a29",
  "invariant": 2,
  "check": "checkLengths(header);",
  "file": "libs/sealed-objects/src/packet.ts",
  "find": "  checkLengths(header);",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/forged-packet.test.ts"
  ]
 },
 {
  "id": "a30",
  "invariant": 2,
  "check": "requireLength('packet ledger_key', header.ledgerKey, 32);",
  "file": "libs/sealed-objects/src/packet.ts",
  "find": "  requireLength('packet ledger_key', header.ledgerKey, 32);",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/packet.test.ts",
   "libs/sealed-objects/src/forged-packet.test.ts"
  ]
 },
 {
  "id": "a31",
  "invariant": 2,
  "check": "requireLength('packet dataset_tag', header.datasetTag, 32);",
  "file": "libs/sealed-objects/src/packet.ts",
  "find": "  requireLength('packet dataset_tag', header.datasetTag, 32);",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/packet.test.ts",
   "libs/sealed-objects/src/forged-packet.test.ts"
  ]
 },
 {
  "id": "a32",
  "invariant": 2,
  "check": "requireLength('packet tx_id', header.txId, 32);",
  "file": "libs/sealed-objects/src/packet.ts",
  "find": "  requireLength('packet tx_id', header.txId, 32);",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/packet.test.ts",
   "libs/sealed-objects/src/forged-packet.test.ts"
  ]
 },
 {
  "id": "a33",
  "invariant": 2,
  "check": "requireLength('packet read_set_digest', header.readSetDigest",
  "file": "libs/sealed-objects/src/packet.ts",
  "find": "  requireLength('packet read_set_digest', header.readSetDigest, 32);",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/packet.test.ts",
   "libs/sealed-objects/src/forged-packet.test.ts"
  ]
 },
 {
  "id": "a34",
  "invariant": 2,
  "check": "requireAtMost('packet header', header.length, LIMITS.maxHead",
  "file": "libs/sealed-objects/src/packet.ts",
  "find": "  requireAtMost('packet header', header.length, LIMITS.maxHeaderBytes);",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/packet.test.ts"
  ]
 },
 {
  "id": "a35",
  "invariant": 2,
  "check": "requireAtMost('packet', bytes.length, LIMITS.maxPacketBytes)",
  "file": "libs/sealed-objects/src/packet.ts",
  "find": "  requireAtMost('packet', bytes.length, LIMITS.maxPacketBytes);",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/packet.test.ts"
  ]
 },
 {
  "id": "a36",
  "invariant": 2,
  "check": "if (!equalBytes(header.txId, expected.txId)) throw forged();",
  "file": "libs/sealed-objects/src/event.ts",
  "find": "  if (!equalBytes(header.txId, expected.txId)) throw forged();",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/event.test.ts"
  ]
 },
 {
  "id": "a37",
  "invariant": 2,
  "check": "if (eventKey === undefined) throw new SelvedgeError('KEY_EPO",
  "file": "libs/sealed-objects/src/event.ts",
  "find": "  if (eventKey === undefined) throw new SelvedgeError('KEY_EPOCH_UNKNOWN', `no event key of epoch ${String(header.keyEpoch)}`);",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/event.test.ts"
  ]
 },
 {
  "id": "a38",
  "invariant": 2,
  "check": "if (!equalBytes(encodeMessage(SealedEventSchema, event), byt",
  "file": "libs/sealed-objects/src/event.ts",
  "find": "  if (!equalBytes(encodeMessage(SealedEventSchema, event), bytes)) throw new SelvedgeError('MALFORMED_MESSAGE', 'sealed event: not the canonical encoding');",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/event.test.ts"
  ]
 },
 {
  "id": "a39",
  "invariant": 2,
  "check": "requireAtMost('event header', header.length, LIMITS.maxHeade",
  "file": "libs/sealed-objects/src/event.ts",
  "find": "  requireAtMost('event header', header.length, LIMITS.maxHeaderBytes);",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/event.test.ts"
  ]
 },
 {
  "id": "a40",
  "invariant": 2,
  "check": "requireAtMost('sealed event', bytes.length, LIMITS.maxPacket",
  "file": "libs/sealed-objects/src/event.ts",
  "find": "  requireAtMost('sealed event', bytes.length, LIMITS.maxPacketBytes);",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/event.test.ts"
  ]
 },
 {
  "id": "a41",
  "invariant": 2,
  "check": "if (!isSameSecret(keys.commitment, header.commitment)) throw",
  "file": "libs/sealed-objects/src/synthetic.ts",
  "find": "  if (!isSameSecret(keys.commitment, header.commitment)) throw new SelvedgeError('DECRYPT_FAILED', 'decryption failed');",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/forged-packet.test.ts"
  ]
 },
 {
  "id": "a42",
  "invariant": 2,
  "check": "if (!isSameSecret(syntheticNonce(kind, keys, plaintext), box",
  "file": "libs/sealed-objects/src/synthetic.ts",
  "find": "  if (!isSameSecret(syntheticNonce(kind, keys, plaintext), box.nonce)) throw new SelvedgeError('DECRYPT_FAILED', 'decryption failed');",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/forged-packet.test.ts"
  ]
 },
 {
  "id": "a43",
  "invariant": 2,
  "check": "requireKey(`${kind} key`, key);",
  "file": "libs/sealed-objects/src/synthetic.ts",
  "find": "  requireKey(`${kind} key`, key);",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/packet.test.ts"
  ]
 },
 {
  "id": "a44",
  "invariant": 2,
  "check": "requireKey('name key', nameKey);",
  "file": "libs/sealed-objects/src/name-keys.ts",
  "find": "  requireKey('name key', nameKey);",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/name-keys.test.ts"
  ]
 },
 {
  "id": "a45",
  "invariant": 2,
  "check": "requireKey('transaction key', transactionKey);",
  "file": "libs/sealed-objects/src/digests.ts",
  "find": "  requireKey('transaction key', transactionKey);",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/digests.test.ts"
  ]
 },
 {
  "id": "a46",
  "invariant": 2,
  "check": "if (/\\p{Surrogate}/u.test(name)) throw new SelvedgeError('MA",
  "file": "libs/sealed-objects/src/padded-content.ts",
  "find": "  if (/\\p{Surrogate}/u.test(name)) throw new SelvedgeError('MALFORMED_MESSAGE', 'a name is not valid Unicode');",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/name-keys.test.ts"
  ]
 },
 {
  "id": "a47",
  "invariant": 2,
  "check": "if (bytes.length < 2 * LENGTH_BYTES) return undefined;",
  "file": "libs/sealed-objects/src/padded-content.ts",
  "find": "  if (bytes.length < 2 * LENGTH_BYTES) return undefined;",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/forged-packet.test.ts"
  ]
 },
 {
  "id": "a48",
  "invariant": 2,
  "check": "if (nameEnd + LENGTH_BYTES > bytes.length) return undefined;",
  "file": "libs/sealed-objects/src/padded-content.ts",
  "find": "  if (nameEnd + LENGTH_BYTES > bytes.length) return undefined;",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/forged-packet.test.ts"
  ]
 },
 {
  "id": "a49",
  "invariant": 2,
  "check": "if (valueEnd > bytes.length) return undefined;",
  "file": "libs/sealed-objects/src/padded-content.ts",
  "find": "  if (valueEnd > bytes.length) return undefined;",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/forged-packet.test.ts"
  ]
 },
 {
  "id": "a50",
  "invariant": 2,
  "check": "if (bytes.length !== padmeLength(valueEnd)) return undefined",
  "file": "libs/sealed-objects/src/padded-content.ts",
  "find": "  if (bytes.length !== padmeLength(valueEnd)) return undefined;",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/forged-packet.test.ts"
  ]
 },
 {
  "id": "a51",
  "invariant": 2,
  "check": "if (bytes.subarray(valueEnd).some((byte) => byte !== 0)) ret",
  "file": "libs/sealed-objects/src/padded-content.ts",
  "find": "  if (bytes.subarray(valueEnd).some((byte) => byte !== 0)) return undefined;",
  "replace": "",
  "tests": [
   "libs/sealed-objects/src/forged-packet.test.ts"
  ]
 },
 {
  "id": "a52",
  "invariant": 2,
  "check": "fatal: true",
  "file": "libs/sealed-objects/src/padded-content.ts",
  "find": "fatal: true",
  "replace": "fatal: false",
  "tests": [
   "libs/sealed-objects/src/forged-packet.test.ts"
  ]
 },
 {
  "id": "a53",
  "invariant": 2,
  "check": "|| !isLowS(signature)",
  "file": "libs/crypto/src/suites/ecdsa-p256.ts",
  "find": "|| !isLowS(signature)",
  "replace": "",
  "tests": [
   "libs/crypto/src/suites/signatures.test.ts"
  ]
 },
 {
  "id": "a54",
  "invariant": 2,
  "check": "if (!isP256(publicKey) || !isLowS(signature)) return false;",
  "file": "libs/crypto/src/suites/ecdsa-p256.ts",
  "find": "  if (!isP256(publicKey) || !isLowS(signature)) return false;",
  "replace": "  if (!isLowS(signature)) return false;",
  "tests": [
   "libs/crypto/src/suites/signatures.test.ts"
  ]
 },
 {
  "id": "a55",
  "invariant": 2,
  "check": "if (isP256(key)) return key;",
  "file": "libs/crypto/src/suites/ecdsa-p256.ts",
  "find": "    if (isP256(key)) return key;",
  "replace": "    return key;",
  "tests": [
   "libs/crypto/src/suites/signatures.test.ts"
  ]
 },
 {
  "id": "a56",
  "invariant": 2,
  "check": "if (key.asymmetricKeyType === 'ed25519') return key;",
  "file": "libs/crypto/src/suites/ed25519.ts",
  "find": "    if (key.asymmetricKeyType === 'ed25519') return key;",
  "replace": "    return key;",
  "tests": [
   "libs/crypto/src/suites/signatures.test.ts"
  ]
 },
 {
  "id": "a57",
  "invariant": 2,
  "check": "if (publicKey.asymmetricKeyType !== 'ed25519' || signature.l",
  "file": "libs/crypto/src/suites/ed25519.ts",
  "find": "  if (publicKey.asymmetricKeyType !== 'ed25519' || signature.length !== 64) return false;",
  "replace": "",
  "tests": [
   "libs/crypto/src/suites/signatures.test.ts"
  ]
 },
 {
  "id": "a58",
  "invariant": 2,
  "check": "if (publicKey.length !== 65 || publicKey[0] !== 4) throw new",
  "file": "libs/crypto/src/hpke/kem.ts",
  "find": "    if (publicKey.length !== 65 || publicKey[0] !== 4) throw new RangeError('P-256 public key: 65-byte uncompressed point expected');",
  "replace": "",
  "tests": [
   "libs/crypto/src/suites/hostile-keys.test.ts"
  ]
 },
 {
  "id": "a59",
  "invariant": 2,
  "check": "if (publicKey.length !== 32) throw new RangeError('X25519 pu",
  "file": "libs/crypto/src/hpke/kem.ts",
  "find": "    if (publicKey.length !== 32) throw new RangeError('X25519 public key: 32 bytes expected');",
  "replace": "",
  "tests": [
   "libs/crypto/src/suites/hostile-keys.test.ts"
  ]
 },
 {
  "id": "a60",
  "invariant": 2,
  "check": "if (ikm.length < MIN_IKM_BYTES) throw new RangeError('Derive",
  "file": "libs/crypto/src/hpke/kem.ts",
  "find": "      if (ikm.length < MIN_IKM_BYTES) throw new RangeError('DeriveKeyPair: ikm shorter than Nsk (RFC 9180 section 7.1.3)');",
  "replace": "",
  "tests": [
   "libs/crypto/src/suites/hostile-keys.test.ts"
  ]
 },
 {
  "id": "a61",
  "invariant": 2,
  "check": "decipher.setAAD(aad);",
  "file": "libs/crypto/src/hpke/hpke.ts",
  "find": "  decipher.setAAD(aad);",
  "replace": "",
  "tests": [
   "libs/crypto/src/suites/aead.test.ts"
  ]
 },
 {
  "id": "a62",
  "invariant": 2,
  "check": ", decipher.final()",
  "file": "libs/crypto/src/hpke/hpke.ts",
  "find": ", decipher.final()",
  "replace": "",
  "tests": [
   "libs/crypto/src/suites/aead.test.ts"
  ]
 },
 {
  "id": "a63",
  "invariant": 2,
  "check": "if (!Object.hasOwn(SUITES, name)) throw new SelvedgeError('U",
  "file": "libs/crypto/src/suites/index.ts",
  "find": "  if (!Object.hasOwn(SUITES, name)) throw new SelvedgeError('UNKNOWN_SUITE', 'unknown crypto suite');",
  "replace": "",
  "tests": [
   "libs/crypto/src/suites/aead.test.ts"
  ]
 },
 {
  "id": "a64",
  "invariant": 2,
  "check": "`${PREFIX}long context/${label}`",
  "file": "libs/crypto/src/labels.ts",
  "find": "`${PREFIX}long context/${label}`",
  "replace": "PREFIX + label",
  "tests": [
   "libs/crypto/src/labels.test.ts"
  ]
 },
 {
  "id": "a65",
  "invariant": 2,
  "check": "lengthPrefixed([PREFIX + label, ...parts])).digest();\n}\n\n/**",
  "file": "libs/crypto/src/labels.ts",
  "find": "lengthPrefixed([PREFIX + label, ...parts])).digest();\n}\n\n/** HMAC",
  "replace": "lengthPrefixed([PREFIX, ...parts])).digest();\n}\n\n/** HMAC",
  "tests": [
   "libs/crypto/src/labels.test.ts"
  ]
 },
 {
  "id": "a66",
  "invariant": 2,
  "check": "labelledHash('merkle/leaf', leaf)",
  "file": "libs/crypto/src/merkle.ts",
  "find": "labelledHash('merkle/leaf', leaf)",
  "replace": "labelledHash('merkle/inner', leaf)",
  "tests": [
   "libs/crypto/src/merkle.test.ts"
  ]
 },
 {
  "id": "a67",
  "invariant": 2,
  "check": "pieces.push(length, bytes);",
  "file": "libs/crypto/src/bytes.ts",
  "find": "    pieces.push(length, bytes);",
  "replace": "    pieces.push(bytes);",
  "tests": [
   "libs/crypto/src/labels.test.ts"
  ]
 },
 {
  "id": "a68",
  "invariant": 2,
  "check": "if (core.version !== PROTOCOL_VERSION) throw new SelvedgeErr",
  "file": "protocol/src/target-data.ts",
  "find": "  if (core.version !== PROTOCOL_VERSION) throw new SelvedgeError('UNSUPPORTED_VERSION', `core version ${String(core.version)}`);",
  "replace": "",
  "tests": [
   "protocol/src/target-data.test.ts"
  ]
 },
 {
  "id": "a69",
  "invariant": 2,
  "check": "requireLength('core tx_id', core.txId, 32);",
  "file": "protocol/src/target-data.ts",
  "find": "  requireLength('core tx_id', core.txId, 32);",
  "replace": "",
  "tests": [
   "protocol/src/target-data.test.ts"
  ]
 },
 {
  "id": "a70",
  "invariant": 2,
  "check": "requireLength('core request_digest', core.requestDigest, 32)",
  "file": "protocol/src/target-data.ts",
  "find": "  requireLength('core request_digest', core.requestDigest, 32);",
  "replace": "",
  "tests": [
   "protocol/src/target-data.test.ts"
  ]
 },
 {
  "id": "a71",
  "invariant": 2,
  "check": "requireLength('core response_digest', core.responseDigest, 3",
  "file": "protocol/src/target-data.ts",
  "find": "  requireLength('core response_digest', core.responseDigest, 32);",
  "replace": "",
  "tests": [
   "protocol/src/target-data.test.ts"
  ]
 },
 {
  "id": "a72",
  "invariant": 2,
  "check": "requireAtMost('core sections', core.sections.length, LIMITS.",
  "file": "protocol/src/target-data.ts",
  "find": "  requireAtMost('core sections', core.sections.length, LIMITS.maxSections);",
  "replace": "",
  "tests": [
   "protocol/src/target-data.test.ts"
  ]
 },
 {
  "id": "a73",
  "invariant": 2,
  "check": "if (core.sections.length === 0) throw new SelvedgeError('MAL",
  "file": "protocol/src/target-data.ts",
  "find": "  if (core.sections.length === 0) throw new SelvedgeError('MALFORMED_MESSAGE', 'core: no contract section');",
  "replace": "",
  "tests": [
   "protocol/src/target-data.test.ts"
  ]
 },
 {
  "id": "a74",
  "invariant": 2,
  "check": "if (names.size !== core.sections.length) throw new SelvedgeE",
  "file": "protocol/src/target-data.ts",
  "find": "  if (names.size !== core.sections.length) throw new SelvedgeError('MALFORMED_MESSAGE', 'core: a contract has two sections');",
  "replace": "",
  "tests": [
   "protocol/src/target-data.test.ts"
  ]
 },
 {
  "id": "a75",
  "invariant": 2,
  "check": "requireLength('code_hash', section.codeHash, 32);",
  "file": "protocol/src/target-data.ts",
  "find": "  requireLength('code_hash', section.codeHash, 32);",
  "replace": "",
  "tests": [
   "protocol/src/target-data.test.ts"
  ]
 },
 {
  "id": "a76",
  "invariant": 2,
  "check": "requireAtMost(`section ${what}`, list.length, LIMITS.maxSect",
  "file": "protocol/src/target-data.ts",
  "find": "    requireAtMost(`section ${what}`, list.length, LIMITS.maxSectionEntries);",
  "replace": "",
  "tests": [
   "protocol/src/target-data.test.ts"
  ]
 },
 {
  "id": "a77",
  "invariant": 2,
  "check": "requireStrictlyAscending('reads', section.reads, compareEntr",
  "file": "protocol/src/target-data.ts",
  "find": "  requireStrictlyAscending('reads', section.reads, compareEntries);",
  "replace": "",
  "tests": [
   "protocol/src/target-data.test.ts"
  ]
 },
 {
  "id": "a78",
  "invariant": 2,
  "check": "requireStrictlyAscending('writes', section.writes, compareEn",
  "file": "protocol/src/target-data.ts",
  "find": "  requireStrictlyAscending('writes', section.writes, compareEntries);",
  "replace": "",
  "tests": [
   "protocol/src/target-data.test.ts"
  ]
 },
 {
  "id": "a79",
  "invariant": 2,
  "check": "requireStrictlyAscending('guards_read', section.guardsRead, ",
  "file": "protocol/src/target-data.ts",
  "find": "  requireStrictlyAscending('guards_read', section.guardsRead, compareGuards);",
  "replace": "",
  "tests": [
   "protocol/src/target-data.test.ts"
  ]
 },
 {
  "id": "a80",
  "invariant": 2,
  "check": "requireStrictlyAscending('guards_written', section.guardsWri",
  "file": "protocol/src/target-data.ts",
  "find": "  requireStrictlyAscending('guards_written', section.guardsWritten, compareGuards);",
  "replace": "",
  "tests": [
   "protocol/src/target-data.test.ts"
  ]
 },
 {
  "id": "a81",
  "invariant": 2,
  "check": "requireLength('read ledger_key', read.ledgerKey, 32);",
  "file": "protocol/src/target-data.ts",
  "find": "    requireLength('read ledger_key', read.ledgerKey, 32);",
  "replace": "",
  "tests": [
   "protocol/src/target-data.test.ts"
  ]
 },
 {
  "id": "a82",
  "invariant": 2,
  "check": "if (read.packetHash.length !== 0) requireLength('read packet",
  "file": "protocol/src/target-data.ts",
  "find": "    if (read.packetHash.length !== 0) requireLength('read packet_hash', read.packetHash, 32);",
  "replace": "",
  "tests": [
   "protocol/src/target-data.test.ts"
  ]
 },
 {
  "id": "a83",
  "invariant": 2,
  "check": "requireLength('write ledger_key', write.ledgerKey, 32);",
  "file": "protocol/src/target-data.ts",
  "find": "    requireLength('write ledger_key', write.ledgerKey, 32);",
  "replace": "",
  "tests": [
   "protocol/src/target-data.test.ts"
  ]
 },
 {
  "id": "a84",
  "invariant": 2,
  "check": "requireLength('write dataset_tag', write.datasetTag, 32);",
  "file": "protocol/src/target-data.ts",
  "find": "    requireLength('write dataset_tag', write.datasetTag, 32);",
  "replace": "",
  "tests": [
   "protocol/src/target-data.test.ts"
  ]
 },
 {
  "id": "a85",
  "invariant": 2,
  "check": "if (write.effect.case === undefined) throw new SelvedgeError",
  "file": "protocol/src/target-data.ts",
  "find": "    if (write.effect.case === undefined) throw new SelvedgeError('MALFORMED_MESSAGE', 'write: no effect');",
  "replace": "",
  "tests": [
   "protocol/src/target-data.test.ts"
  ]
 },
 {
  "id": "a86",
  "invariant": 2,
  "check": "if (write.effect.case === 'packetHash') requireLength('write",
  "file": "protocol/src/target-data.ts",
  "find": "    if (write.effect.case === 'packetHash') requireLength('write packet_hash', write.effect.value, 32);",
  "replace": "",
  "tests": [
   "protocol/src/target-data.test.ts"
  ]
 },
 {
  "id": "a87",
  "invariant": 2,
  "check": "for (const guard of [...section.guardsRead, ...section.guard",
  "file": "protocol/src/target-data.ts",
  "find": "  for (const guard of [...section.guardsRead, ...section.guardsWritten]) requireLength('guard_key', guard.guardKey, 32);",
  "replace": "",
  "tests": [
   "protocol/src/target-data.test.ts"
  ]
 },
 {
  "id": "a88",
  "invariant": 2,
  "check": "if (cores.length === 0) throw new SelvedgeError('MALFORMED_M",
  "file": "protocol/src/target-data.ts",
  "find": "  if (cores.length === 0) throw new SelvedgeError('MALFORMED_MESSAGE', 'target data without a core');",
  "replace": "",
  "tests": [
   "protocol/src/target-data.test.ts"
  ]
 },
 {
  "id": "a89",
  "invariant": 2,
  "check": "if (cores.length > 1 || itemMask.length > 0) throw new Selve",
  "file": "protocol/src/target-data.ts",
  "find": "  if (cores.length > 1 || itemMask.length > 0) throw new SelvedgeError('BATCH_UNSUPPORTED', 'more than one item in the target data');",
  "replace": "",
  "tests": [
   "protocol/src/target-data.test.ts"
  ]
 },
 {
  "id": "a90",
  "invariant": 2,
  "check": "if (!same) throw new SelvedgeError('PACKET_MISMATCH', 'the p",
  "file": "protocol/src/target-data.ts",
  "find": "  if (!same) throw new SelvedgeError('PACKET_MISMATCH', 'the packets are not those of the write set');",
  "replace": "",
  "tests": [
   "protocol/src/target-data.test.ts"
  ]
 },
 {
  "id": "a91",
  "invariant": 2,
  "check": "if (bytes.length > maxBytes) {",
  "file": "protocol/src/parse.ts",
  "find": "  if (bytes.length > maxBytes) {",
  "replace": "  if (bytes.length < 0) {",
  "tests": [
   "protocol/src/parse.test.ts"
  ]
 },
 {
  "id": "a92",
  "invariant": 2,
  "check": "if (parseOrRefuse(schema, () => hasTooManyElements(schema, b",
  "file": "protocol/src/parse.ts",
  "find": "  if (parseOrRefuse(schema, () => hasTooManyElements(schema, bytes, LIMITS.maxElements))) {",
  "replace": "  if (bytes.length < 0) {",
  "tests": [
   "protocol/src/element-limit.test.ts"
  ]
 }
];

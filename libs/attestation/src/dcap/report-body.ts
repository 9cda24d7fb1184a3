import type { ByteReader } from '../byte-reader.js';

/** An SGX enclave's REPORTBODY (Intel SDM volume 3D, table 39-21; DCAP quote library API, A.4). */
export interface SgxReportBody {
  readonly kind: 'sgx';
  /** 16 bytes. */
  readonly cpuSvn: Uint8Array;
  readonly miscSelect: number;
  /** 16 bytes: flags, then XFRM. */
  readonly attributes: Uint8Array;
  /** 32 bytes each. */
  readonly mrEnclave: Uint8Array;
  readonly mrSigner: Uint8Array;
  readonly isvProdId: number;
  readonly isvSvn: number;
  /** 64 bytes. */
  readonly reportData: Uint8Array;
}

/** A trust domain's TD report body (TDX DCAP quoting library API, A.3.2 and A.3.3). Measurements have 48 bytes. */
export interface TdReportBody {
  readonly kind: 'tdx';
  /** 16 bytes: SVN of the TDX module, its major version, then platform components. */
  readonly teeTcbSvn: Uint8Array;
  readonly mrSeam: Uint8Array;
  readonly mrSignerSeam: Uint8Array;
  /** 8 bytes each. */
  readonly seamAttributes: Uint8Array;
  readonly tdAttributes: Uint8Array;
  readonly xfam: Uint8Array;
  readonly mrTd: Uint8Array;
  readonly mrConfigId: Uint8Array;
  readonly mrOwner: Uint8Array;
  readonly mrOwnerConfig: Uint8Array;
  readonly rtMr: readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  /** 64 bytes. */
  readonly reportData: Uint8Array;
  /** The TCB after updates that the TD lived through, as teeTcbSvn; TDX 1.5 only. */
  readonly teeTcbSvn2: Uint8Array | undefined;
  /** Measurement of the service TDs bound to it, which may migrate it; TDX 1.5 only. */
  readonly mrServiceTd: Uint8Array | undefined;
}

export const SGX_REPORT_BODY_BYTES = 384;
export const TD_REPORT_BODY_BYTES = { 'TDX 1.0': 584, 'TDX 1.5': 648 } as const;

const MEASUREMENT_BYTES = 48;

export function readSgxReportBody(reader: ByteReader): SgxReportBody {
  const cpuSvn = reader.bytes(16);
  const miscSelect = reader.u32();
  reader.bytes(28);
  const attributes = reader.bytes(16);
  const mrEnclave = reader.bytes(32);
  reader.bytes(32);
  const mrSigner = reader.bytes(32);
  reader.bytes(96);
  const isvProdId = reader.u16();
  const isvSvn = reader.u16();
  reader.bytes(60);
  return { kind: 'sgx', cpuSvn, miscSelect, attributes, mrEnclave, mrSigner, isvProdId, isvSvn, reportData: reader.bytes(64) };
}

export function readTdReportBody(reader: ByteReader, version: keyof typeof TD_REPORT_BODY_BYTES): TdReportBody {
  const teeTcbSvn = reader.bytes(16);
  const measurement = (): Uint8Array => reader.bytes(MEASUREMENT_BYTES);
  const [mrSeam, mrSignerSeam] = [measurement(), measurement()];
  const [seamAttributes, tdAttributes, xfam] = [reader.bytes(8), reader.bytes(8), reader.bytes(8)];
  const [mrTd, mrConfigId, mrOwner, mrOwnerConfig] = [measurement(), measurement(), measurement(), measurement()];
  const rtMr = [measurement(), measurement(), measurement(), measurement()] as const;
  const reportData = reader.bytes(64);
  const [teeTcbSvn2, mrServiceTd] = version === 'TDX 1.5' ? [reader.bytes(16), measurement()] : [undefined, undefined];
  return { kind: 'tdx', teeTcbSvn, mrSeam, mrSignerSeam, seamAttributes, tdAttributes, xfam, mrTd, mrConfigId, mrOwner, mrOwnerConfig, rtMr, reportData, teeTcbSvn2, mrServiceTd };
}

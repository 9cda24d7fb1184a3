/** Product lines whose certificates are known. */
export type SnpProduct = 'Milan' | 'Genoa' | 'Turin';

/** SHA-256 of the DER of AMD's root key certificates, "ARK-Milan" and so on (https://kdsintf.amd.com/vcek/v1/{product}/cert_chain). */
export const AMD_ARK_SHA256: Readonly<Record<SnpProduct, string>> = {
  Milan: '69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd',
  Genoa: '4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1',
  Turin: '1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a',
};

/** Security patch levels, by the names of AMD's specification. */
export type SnpTcb = Readonly<Record<'fmc' | 'bootloader' | 'tee' | 'snp' | 'microcode', number>>;

/** Where each level lies in a TCB_VERSION's 8 bytes (AMD 56860, section 2.2); Turin added the FMC. */
const LAYOUT: Readonly<Record<SnpProduct, Readonly<Partial<Record<keyof SnpTcb, number>>>>> = {
  Milan: { bootloader: 0, tee: 1, snp: 6, microcode: 7 },
  Genoa: { bootloader: 0, tee: 1, snp: 6, microcode: 7 },
  Turin: { fmc: 0, bootloader: 1, tee: 2, snp: 3, microcode: 7 },
};

/** @param bytes 8, as they lie in a report */
export function readSnpTcb(product: SnpProduct, bytes: Uint8Array): SnpTcb {
  const at = (name: keyof SnpTcb): number => {
    const index = LAYOUT[product][name];
    return index === undefined ? 0 : (bytes[index] ?? 0);
  };
  return { fmc: at('fmc'), bootloader: at('bootloader'), tee: at('tee'), snp: at('snp'), microcode: at('microcode') };
}

import type { CertificateFacts, DoctorLimits } from './facts.js';
import { errorOf, warningOf, type Finding } from './findings.js';

/** Certificates that have ended, have not begun, or end soon. */
export function checkCertificates(certificates: readonly CertificateFacts[], at: Date, { warnBeforeMs }: Pick<DoctorLimits, 'warnBeforeMs'>): Finding[] {
  return certificates.flatMap(({ subject, use, notBefore, notAfter }) => {
    if (notAfter <= at) return [errorOf('CERTIFICATE_EXPIRED', subject, `${use}: ended ${notAfter.toISOString()}`)];
    if (notBefore > at) return [errorOf('CERTIFICATE_NOT_YET_VALID', subject, `${use}: begins ${notBefore.toISOString()}`)];
    if (notAfter.getTime() - at.getTime() < warnBeforeMs) return [warningOf('CERTIFICATE_ENDS_SOON', subject, `${use}: ends ${notAfter.toISOString()}`)];
    return [];
  });
}

/** Object identifiers. Ours lie under 2.25, the arc of UUIDs, which needs no registration (X.667). */
export const OID = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  subjectKeyIdentifier: '2.5.29.14',
  authorityKeyIdentifier: '2.5.29.35',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  /** TeeBinding bytes in a TEE certificate; UUID 733a4a22-36a7-4809-9be2-de140c986b7f. */
  teeBinding: '2.25.153163876342042962424859955655886793599',
} as const;

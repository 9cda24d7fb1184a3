/**
 * SHA-256 of the DER of Intel's root certificate "Intel SGX Root CA", valid from 2018-05-21 to 2049-12-31
 * (https://certificates.trustedservices.intel.com/Intel_SGX_Provisioning_Certification_RootCA.cer). The certificate itself comes
 * with each chain.
 */
export const INTEL_SGX_ROOT_CA_SHA256 = '44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3';

// Software bill of materials of a published package (CycloneDX): what is in its bundles, and what is installed with it.
import path from 'node:path';
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { readLock, readManifest } from './origins.mjs';

/**
 * Text of the SBOM. It has neither serial number nor time, so the same package has the same one.
 * @param bundled folders of the packages whose code is in it, relative to the root
 * @param needed names of packages that are installed with it
 */
export function createSbom({ manifest, bundled, needed }) {
  const lock = readLock();
  const self = componentOf(manifest, {});
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: self }) });
  const add = (component) => {
    bom.components.add(component);
    self.dependencies.add(component.bomRef);
  };
  for (const folder of bundled.filter((place) => readManifest(place).name !== manifest.name)) add(componentOf(readManifest(folder), { integrity: lock[folder]?.integrity, isBundled: true }));
  for (const name of needed) {
    const folder = path.join('node_modules', name);
    add(componentOf(readManifest(folder), { integrity: lock[folder]?.integrity }));
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

function componentOf({ name, version, description, license }, { integrity, isBundled = false }) {
  const [scope, bare] = name.startsWith('@') ? name.split('/') : [undefined, name];
  return new Models.Component(Enums.ComponentType.Library, bare, {
    bomRef: `${name}@${version}`,
    group: scope,
    version,
    description,
    scope: isBundled || integrity !== undefined ? Enums.ComponentScope.Required : undefined,
    purl: `pkg:npm/${scope === undefined ? '' : `${encodeURIComponent(scope)}/`}${bare}@${version}`,
    licenses: new Models.LicenseRepository(license === undefined ? [] : [licenceOf(license)]),
    hashes: new Models.HashDictionary(integrity === undefined ? [] : [[Enums.HashAlgorithm['SHA-512'], sha512Of(integrity)]]),
    properties: new Models.PropertyRepository(isBundled ? [new Models.Property('selvedge:bundled', 'true')] : []),
  });
}

/** An expression where there are several, else one by its SPDX id. */
function licenceOf(text) {
  return / (?:OR|AND|WITH) /.test(text) ? new Models.LicenseExpression(text) : new Models.SpdxLicense(text);
}

/** Hexadecimal, of a lockfile's `sha512-…`. */
function sha512Of(integrity) {
  const [, base64] = /^sha512-(\S+)$/.exec(integrity) ?? [];
  if (base64 === undefined) throw new Error(`not the SHA-512 of a package: ${integrity}`);
  return Buffer.from(base64, 'base64').toString('hex');
}

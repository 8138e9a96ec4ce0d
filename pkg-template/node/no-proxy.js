// Hosts that are reached without the proxy, by NO_PROXY as Go (and with it docker) and curl read it.

import { BlockList, isIP } from 'node:net';

/**
 * Returns true if a host is in the list: `*`, a domain (with its subdomains), `.domain` or `*.domain` (its subdomains), an
 * IP address or a range such as 10.0.0.0/8; each but a range may end with a port.
 * @param {string} list separated by commas or spaces
 * @param {string} host without brackets
 * @param {number} port
 */
export function bypasses(list, host, port) {
  const entries = list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  return entries.some((entry) => entry === '*' || isInRange(entry, host) || isNamed(entry, host.toLowerCase(), port));
}

/**
 * @param {string} entry
 * @param {string} host
 * @param {number} port
 */
function isNamed(entry, host, port) {
  // An IPv6 address has colons of its own.
  const [, bracketed, plain, number] = /^(?:\[(.*)\]|([^:]*|.*:.*:.*?))(?::(\d+))?$/.exec(entry) ?? [];
  const name = bracketed ?? plain ?? entry;
  if (number !== undefined && Number(number) !== port) return false;
  // An address of IPv6 can be written in many ways.
  if (isIP(host)) return isInRange(`${name}/${isIP(name) === 4 ? 32 : 128}`, host);
  const domain = name.replace(/^\*?\./, '.');
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

/**
 * @param {string} entry
 * @param {string} host
 */
function isInRange(entry, host) {
  const [, address, bits] = /^(.*)\/(\d+)$/.exec(entry) ?? [];
  const family = /** @type {const} */ ({ 4: 'ipv4', 6: 'ipv6' });
  const kind = family[/** @type {4 | 6} */ (isIP(address ?? ''))];
  const hostKind = family[/** @type {4 | 6} */ (isIP(host))];
  if (!kind || kind !== hostKind || Number(bits) > (kind === 'ipv4' ? 32 : 128)) return false;
  const range = new BlockList();
  range.addSubnet(address, Number(bits), kind);
  return range.check(host, kind);
}

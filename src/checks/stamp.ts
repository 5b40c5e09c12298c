// A date as deb822 files write it (RFC 5322), in ms.

export function parseInstant(text: string | undefined): number | undefined {
  const at = Date.parse(text ?? '')
  return Number.isNaN(at) ? undefined : at
}

// The paths that git tracks in a working tree, read from the bytes of its index. No git is started: a repository's own settings can run programs.

/** Paths relative to the top of the tree, in git's order. Undefined where the bytes are no index that can be read (versions 2 to 4). */
export function trackedPaths(bytes: Uint8Array): readonly string[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 32 || view.getUint32(0) !== SIGNATURE) return undefined
  const version = view.getUint32(4)
  if (version < 2 || version > 4) return undefined
  const count = view.getUint32(8)
  // By the name's length in UTF-8; a name that is not UTF-8 is shown with replacement characters.
  const text = new TextDecoder()
  const paths: string[] = []
  let previous = new Uint8Array()
  let at = 12
  for (let n = 0; n < count; n++) {
    if (at + 62 > bytes.length) return undefined
    const isExtended = (view.getUint16(at + 60) & 0x4000) !== 0
    let name = at + 62 + (isExtended && version >= 3 ? 2 : 0)
    let kept: Uint8Array = new Uint8Array()
    if (version === 4) {
      const strip = offsetAt(bytes, name)
      if (strip === undefined || strip.value > previous.length) return undefined
      kept = previous.subarray(0, previous.length - strip.value)
      name = strip.end
    }
    const end = bytes.indexOf(0, name)
    if (end === -1) return undefined
    const path = new Uint8Array(kept.length + end - name)
    path.set(kept)
    path.set(bytes.subarray(name, end), kept.length)
    paths.push(text.decode(path))
    previous = path
    // Versions 2 and 3 fill an entry with 1 to 8 zero bytes up to a multiple of eight.
    at = version === 4 ? end + 1 : at + (((end - at + 8) >> 3) << 3)
  }
  return paths
}

const SIGNATURE = 0x44495243

/** Git's number of variable width, of which each byte but the last has its high bit set. */
function offsetAt(
  bytes: Uint8Array,
  start: number,
): { readonly value: number; readonly end: number } | undefined {
  let value = 0
  for (let at = start; at < bytes.length && at < start + 5; at++) {
    const byte = bytes[at] ?? 0
    value = value * 128 + (byte & 0x7f)
    if ((byte & 0x80) === 0) return { value, end: at + 1 }
    value++
  }
  return undefined
}

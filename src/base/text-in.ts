// Bytes as a text, where they are one.
/** The text that bytes are. Undefined where they are no UTF-8, or hold NUL as a program does. */
export function textIn(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return text.includes('\0') ? undefined : text
  } catch {
    return undefined
  }
}

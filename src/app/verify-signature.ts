// How the gate verifies an SSH signature: our own reader, in the shape that seal/ asks for.
import { verifySshSignature } from '../base/sign.ts'
import type { VerifySignature } from '../seal/enough.ts'

export const verifySignature: VerifySignature = (signature, message, namespace) => {
  const verdict = verifySshSignature(signature, message, namespace)
  if (!verdict.ok) return { ok: false, why: verdict.why }
  const { type, blob } = verdict.publicKey
  return {
    ok: true,
    publicKey: `${type} ${Buffer.from(blob).toString('base64')}`,
    fingerprint: verdict.fingerprint,
  }
}

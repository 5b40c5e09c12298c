// What looks like a secret value in a text that is shown or stored: masked by its shape. A courtesy, not a redactor: the text is the
// agent's own.
const ASSIGNED =
  /\b([A-Za-z0-9_-]*(?:password|passwd|secret|token|api_?key|access_?key|private_?key|credential)[A-Za-z0-9_-]*)(\s*[=:]\s*|\s+)(?:"[^"\n]{4,512}"|'[^'\n]{4,512}'|[^\s'"|;&<>]{4,512})/gi
const BEARER = /\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi
const IN_URL = /(\/\/[^\s/:@]{1,64}:)[^\s/@]{1,256}@/g
const KEYS =
  /\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}|sk-[A-Za-z0-9_-]{16,}|xox[abprs]-[A-Za-z0-9-]{10,}|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*)/g

export function mask(source: string): string {
  return source
    .replace(ASSIGNED, (_, name: string, between: string) => `${name}${between}***`)
    .replace(BEARER, (_, scheme: string) => `${scheme} ***`)
    .replace(IN_URL, (_, start: string) => `${start}***@`)
    .replace(KEYS, '***')
}

// Whether a file is told by its path as one of those in which programs keep keys, tokens and passwords.
import { CREDENTIALS } from './credentials.ts'
import { isInside, path } from './path.ts'
import { pattern } from './policy.ts'

const ROWS = CREDENTIALS.map(({ paths, except = [] }) => ({
  patterns: paths.map(pattern),
  exceptions: except.map(pattern),
}))

/** Of an absolute path, by the rows that hold on every machine; no policy is asked. */
export function isCredentialPath(absolute: string): boolean {
  const asked = path(absolute)
  return ROWS.some(
    ({ patterns, exceptions }) =>
      patterns.some((one) => isInside(asked, one)) && !exceptions.some((one) => isInside(asked, one)),
  )
}

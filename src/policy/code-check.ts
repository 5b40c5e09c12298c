// What can be wrong with the code of a service although each value is right: a command without a repository, live data inside of a release, a health
// address that a room cannot reach.
import { isAtOrBelow } from '../plans/data-directory.ts'
import type { ServiceDocument } from './document.ts'
import type { Note } from './note.ts'
import { isKernelPath, isOwnPath } from './places.ts'

type IsWritten = (path: string) => boolean
const COMMANDS = ['dependencies', 'build', 'test', 'smoke', 'rehearse'] as const

/** `owners`: whose each directory of code is; it grows. */
export function checkCode(
  id: string,
  service: ServiceDocument,
  owners: Map<string, string>,
  isWritten: IsWritten,
  note: Note,
): void {
  const at = `services.${id}`
  if (!isWritten(`${at}.repo`)) {
    for (const key of COMMANDS) if (isWritten(`${at}.${key}`)) note(`${at}.${key}`, 'repo.needed', { key })
    return
  }
  if (!isWritten(`${at}.test`)) note(`${at}.repo`, 'repo.test_needed')
  if (!isWritten(`${at}.manager`)) note(`${at}.repo`, 'repo.unit_needed')
  checkPlace(id, service, owners, note)
  checkResults(service, `${at}.test`, isWritten, note)
  const { rehearse, health, repo } = service
  if (health === undefined && !isWritten(`${at}.health`)) note(`${at}.repo`, 'repo.health_needed')
  // In a room there is the service alone, and no nginx that would answer at the ports of the web.
  else if (health?.url !== undefined && rehearse?.health === undefined && !hasOwnPort(health.url))
    note(isWritten(`${at}.rehearse`) ? `${at}.rehearse` : `${at}.repo`, 'rehearse.health_needed', {
      value: health.url,
    })
  if (repo?.deploy === 'in-place' && (repo.shared?.length ?? 0) > 0)
    note(`${at}.repo.shared`, 'repo.shared_in_place')
}

function checkPlace(id: string, service: ServiceDocument, owners: Map<string, string>, note: Note): void {
  const { path, deploy, shared = [] } = service.repo ?? {}
  const at = `services.${id}.repo`
  if (path === undefined) return
  if (isOwnPath(path)) note(`${at}.path`, 'path.own', { value: path })
  if (isKernelPath(path)) note(`${at}.path`, 'path.kernel', { value: path })
  for (const [other, owner] of owners)
    if (isAtOrBelow(path, other) || isAtOrBelow(other, path))
      note(`${at}.path`, 'repo.twice', { value: path, other: owner })
  owners.set(path, id)
  if (deploy !== 'releases') return
  const places = [
    ...(service.data ?? []).map(({ dir }) => dir),
    ...(service.configs ?? []).map((config) => config.path),
  ]
  for (const one of places)
    if (one !== undefined && (isAtOrBelow(one, `${path}/releases`) || isAtOrBelow(one, `${path}/current`)))
      note(`${at}.deploy`, 'repo.inside_release', { value: one })
  for (const [i, one] of shared.entries())
    if (shared.some((other, j) => i !== j && isAtOrBelow(`/${one}`, `/${other}`)))
      note(`${at}.shared[${i}]`, 'repo.shared_nested', { value: one })
}

function checkResults({ test }: ServiceDocument, at: string, isWritten: IsWritten, note: Note): void {
  if (test?.results !== undefined) {
    const { junit, 'go-json': goJson } = test.results
    const isNone = !isWritten(`${at}.results.junit`) && !isWritten(`${at}.results.go-json`)
    if (isNone || (junit !== undefined && goJson !== undefined)) note(`${at}.results`, 'test.one_result')
  }
  if (test?.coverage === undefined) return
  const { lcov, cobertura } = test.coverage
  const isNone = !isWritten(`${at}.coverage.lcov`) && !isWritten(`${at}.coverage.cobertura`)
  if (isNone || (lcov !== undefined && cobertura !== undefined)) note(`${at}.coverage`, 'test.one_coverage')
}

function hasOwnPort(address: string): boolean {
  if (!URL.canParse(address)) return true
  const { port, protocol, hostname } = new URL(address)
  return port !== '' && protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)
}

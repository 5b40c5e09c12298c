// The declared name itself, with the links of its directories followed and its own not: what is deleted, or made a link, in its place.
import type { Link } from './file-state.ts'

const LINKS_MAX = 40

export interface OwnName {
  readonly path: string
  /** Where the name itself is a link: what it leads to. */
  readonly target?: string
}

/** Pure: from the chain of links that was read on the way from the name to its end. Undefined where the chain does not end. */
export function ownNameOf(path: string, links: readonly Link[]): OwnName | undefined {
  const targets = new Map(links.map((one) => [one.path, one.target]))
  const names = parts(path)
  const last = names.pop()
  const directory = last === undefined ? undefined : follow(names, targets)
  if (directory === undefined) return undefined
  const own = `${directory}/${last}`
  const target = targets.get(own)
  return { path: own, ...(target === undefined ? {} : { target }) }
}

function follow(names: readonly string[], targets: ReadonlyMap<string, string>): string | undefined {
  let at = ''
  let rest = [...names]
  for (let followed = 0; rest.length > 0; ) {
    const [name = '', ...after] = rest
    const target = name === '..' ? undefined : targets.get(`${at}/${name}`)
    if (target !== undefined) {
      followed += 1
      if (followed > LINKS_MAX) return undefined
      rest = [...parts(target), ...after]
      if (target.startsWith('/')) at = ''
      continue
    }
    // Up from where we really are: `at` holds no link.
    at = name === '..' ? at.slice(0, Math.max(0, at.lastIndexOf('/'))) : `${at}/${name}`
    rest = after
  }
  return at
}

function parts(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}

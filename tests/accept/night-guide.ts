// Lines of the page for the night (docs/guide/night.md) in both languages, for the tests that run them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Outcome } from '../host/host.ts'
import { CHECKOUT } from '../host/place.ts'
import type { World } from '../world/world.ts'

const page = (name: string) => readFileSync(join(CHECKOUT, 'docs/guide', name), 'utf8')

export const pageOf = (language: 'ja' | 'en') => (language === 'ja' ? 'night.ja.md' : 'night.md')

/** The rules that the page shows. */
export function rulesOf(language: 'ja' | 'en'): string {
  return Array.from(page(pageOf(language)).matchAll(/^```yaml\n([\s\S]*?)^```$/gm))
    .map(([, body = '']) => body)
    .join('')
}

/** The lines under each heading: both languages have the headings in the same order. */
export function linesOf(name: 'night.md' | 'night.ja.md'): readonly (readonly string[])[] {
  return page(name)
    .split(/^## /m)
    .map((section) =>
      Array.from(section.matchAll(/^```console\n([\s\S]*?)^```$/gm)).flatMap(([, body = '']) =>
        body.trim().split('\n'),
      ),
    )
}

/** Runs lines of the page, each as who it says, and remembers which were run. */
export class Guide {
  readonly lines: readonly string[]
  readonly #world: World
  readonly #language: 'ja' | 'en'
  readonly run = new Set<string>()
  constructor(world: World, language: 'ja' | 'en' = 'en') {
    this.lines = linesOf(pageOf(language)).flat()
    this.#world = world
    this.#language = language
  }

  /** The one line of the page that begins so; `id` and `digest` stand in for those of the page. Throws where there is none. */
  async type(
    begins: string,
    given: { readonly id?: string; readonly digest?: string; readonly json?: true } = {},
  ): Promise<Outcome> {
    const [line, ...more] = this.lines.filter((one) => one.slice(2).startsWith(`sekisho ${begins}`))
    if (line === undefined || more.length > 0) throw new Error(`lines that begin so: ${begins}`)
    this.run.add(line)
    const argv = words(line.slice('$ sekisho '.length)).map((word) =>
      word.replace('INC-2026-0001', given.id ?? word).replace(/^DIGEST$/, given.digest ?? 'DIGEST'),
    )
    const who = line.startsWith('#') ? 'root' : 'ops1'
    const language = this.#language
    return this.#world.sekisho(who, given.json === true ? [...argv, '--json'] : argv, { language })
  }
}

/** As a shell parts them: spaces, and quotation marks. */
function words(text: string): readonly string[] {
  return Array.from(text.matchAll(/"([^"]*)"|(\S+)/g)).map(([, quoted, bare]) => quoted ?? bare ?? '')
}

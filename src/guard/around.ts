// What the expansion of words asks of the shell that they stand in.
import { type Around, expandWhole } from './expand.ts'
import { parse } from './parse.ts'
import { path } from './path.ts'
import type { Shell } from './shell.ts'
import { FROM_OUTSIDE, NOTHING } from './stream.ts'
import { text, UNKNOWN } from './value.ts'

export function aroundOf(shell: Shell): Around {
  return {
    state: () => shell.state,
    environment: shell.world.environment,
    step: (cost) => shell.world.step(cost),
    capture: (body) => shell.capture(body),
    process: (body, direction) => {
      // A name of its own for each, so that who reads it finds what came out, and who writes it reaches what is behind it.
      const name = shell.world.outlet()
      const out = shell.subshell(body, direction === '<' ? NOTHING : FROM_OUTSIDE)
      if (direction === '<') shell.remember([path(name)], out, false)
      else
        shell.world.outlets.set(name, (stream) => {
          shell.fork().run(body, stream)
        })
      return text(name)
    },
    run: (body) => {
      shell.fork().run(body, NOTHING)
    },
    assign: (name, values) => shell.set(name, { values }),
    prompt: (source, span) => {
      const { node } = parse(`: "${source.replaceAll('"', '\\"')}"`, span)
      const first = node.node === 'list' ? node.items[0] : undefined
      const word = first?.node === 'simple' ? first.words[1] : undefined
      return word === undefined ? [UNKNOWN] : expandWhole(word, shell.around())
    },
  }
}

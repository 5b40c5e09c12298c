// What stands behind the budget of a text: its last commands once more, each by itself, with a budget of their own. So that padding in front of a command seldom
// turns its *deny* into *ask*: what it does by its own words does not depend on what stood before it, unless that is a directory or a name. What it does by
// variables and files is not followed.
import type { Shell } from './shell.ts'
import { freshState } from './state.ts'
import { FROM_OUTSIDE } from './stream.ts'
import type { Node } from './tree.ts'

/** A chain of more commands is taken apart: `cd x && rm -rf y` belongs together. */
const TOGETHER = 8
/** Letters. A longer command is what the budget was spent on, and is not walked twice. */
const LONG = 2_048
/** What makes the words of a later command mean something else: another directory, a function, an alias. Anywhere in the text: then nothing here is certain. */
const MEANS_OTHERWISE =
  /\b(?:cd|chdir|pushd|popd|alias|function|exec|source|eval|trap)\b|\(\s*\)|(?:^|[\s;&|])\.\s/m

/** To be called where the walk of `text` ended before the text did. */
export function lookBehind(shell: Shell, tree: Node, text: string): void {
  const { world, state } = shell
  world.again()
  const [here] = state.cwd
  if (here === undefined) return
  const doubtful = MEANS_OTHERWISE.test(text) ? ({ doubtful: true } as const) : {}
  for (const node of backwards(tree)) {
    if (world.isSpent) return
    if (node.span[1] - node.span[0] > LONG) continue
    shell.fork({ ...freshState(here), cwd: state.cwd, ...doubtful }).run(node, FROM_OUTSIDE)
  }
}

function* backwards(node: Node): Generator<Node> {
  switch (node.node) {
    case 'simple':
    case 'pipe':
    case 'test':
      yield node
      return
    case 'list':
      for (const item of node.items.toReversed()) yield* backwards(item)
      return
    case 'chain': {
      const all = [node.first, ...node.rest.map((link) => link.node)]
      if (all.length <= TOGETHER && all.every(isShort)) yield node
      else for (const one of all.reverse()) yield* backwards(one)
      return
    }
    case 'redirected':
      if (isShort(node.body)) yield node
      else {
        yield { ...node, body: { node: 'list', items: [], span: node.span } }
        yield* backwards(node.body)
      }
      return
    case 'if':
      if (node.otherwise !== undefined) yield* backwards(node.otherwise)
      for (const { clause, then } of node.branches.toReversed()) {
        yield* backwards(then)
        yield* backwards(clause)
      }
      return
    case 'while':
      yield* backwards(node.body)
      yield* backwards(node.clause)
      return
    case 'case':
      for (const { body } of node.items.toReversed()) yield* backwards(body)
      return
    // Nobody may call it.
    case 'function':
      return
    case 'background':
    case 'group':
    case 'for':
    case 'coproc':
      yield* backwards(node.body)
  }
}

const isShort = ({ node }: Node) => node === 'simple' || node === 'pipe'

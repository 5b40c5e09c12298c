// Questions about a tree that need no shell.
import type { Node, Redirect } from './tree.ts'

/** `$(<file)` */
export function onlyRead(body: Node): readonly Redirect[] | undefined {
  const only = body.node === 'list' && body.items.length === 1 ? body.items[0] : undefined
  if (only?.node !== 'simple' || only.words.length > 0 || only.assigns.length > 0) return undefined
  return only.redirects.length > 0 ? only.redirects : undefined
}

/** Whether a body calls its own function more than once: the fork bomb. */
export function callsItself(body: Node, name: string): boolean {
  // The fork bomb: a body that pipes into itself in the background.
  const names = (node: Node): number => {
    if (node.node === 'simple') {
      const first = node.words[0]?.parts[0]
      return first?.part === 'text' && first.text === name ? 1 : 0
    }
    const inner =
      node.node === 'list'
        ? node.items
        : node.node === 'pipe'
          ? node.commands
          : node.node === 'background' || node.node === 'group'
            ? [node.body]
            : []
    return inner.reduce((sum, one) => sum + names(one), 0)
  }
  return names(body) > 1
}

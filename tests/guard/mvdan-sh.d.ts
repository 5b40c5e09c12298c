// The part of mvdan-sh (compiled from Go, without types of its own) that the differential test uses.
declare module 'mvdan-sh' {
  interface Node {
    readonly Args?: readonly { Lit(): string }[]
  }
  interface Syntax {
    NewParser(): { Parse(source: string, name: string): Node }
    NodeType(node: Node): string
    Walk(node: Node, visit: (node: Node | null) => boolean): void
  }
  const sh: { readonly syntax: Syntax }
  export default sh
}

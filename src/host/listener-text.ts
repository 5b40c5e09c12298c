// A listening socket as people write it.

export function listenerText(of: {
  readonly proto: 'tcp' | 'udp' | 'unix'
  readonly address: string
  readonly port: number
}): string {
  const { proto, address, port } = of
  if (proto === 'unix') return `unix:${address}`
  return `${proto === 'udp' ? 'udp ' : ''}${address.includes(':') ? `[${address}]` : address}:${port}`
}

/** A call of the Messages API, as a client without any library writes it. */
export function messagesRequest(message: string): { headers: Record<string, string>; body: string } {
  const messages = [{ role: "user", content: message }];
  return {
    headers: { "content-type": "application/json", "x-api-key": "bench", "anthropic-version": "2023-06-01" },
    body: JSON.stringify({ model: "sim", max_tokens: 32_000, stream: true, messages }),
  };
}

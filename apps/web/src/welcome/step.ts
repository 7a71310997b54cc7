export interface StepProps {
  onNext(): void;
  /** Leaves for the chat with this as its first message. */
  onAsk(text: string): void;
}

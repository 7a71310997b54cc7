// Frames come as fast as the model speaks; the page is drawn once per frame of the screen. Comes in: every frame of the
// socket. Goes out: all of them together, at the next paint (a hidden page is not painted: there a timer takes over).
import type { HubFrame } from "@anywork/protocol";

export function createFrameBuffer(flush: (frames: HubFrame[]) => void): (frame: HubFrame) => void {
  let waiting: HubFrame[] = [];

  function release() {
    const frames = waiting;
    waiting = [];
    flush(frames);
  }

  return (frame) => {
    waiting.push(frame);
    if (waiting.length > 1) return;
    if (document.hidden) setTimeout(release, 100);
    else requestAnimationFrame(release);
  };
}

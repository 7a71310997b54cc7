import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from "react";

/** Within this many pixels of the end one reads along; further up one is left alone. */
const endThreshold = 60;

export interface Follow {
  isAtEnd: boolean;
  /** For the scroll event of the box. */
  onScroll(): void;
  toEnd(): void;
  /** What is on screen stays where it is while something on it is opened or closed. */
  hold(): void;
}

/**
 * Keeps a box that grows at its end there, as long as the reader is there. `size` is what may have grown; a change of
 * `ownMessages` to more means that the reader has said something and wants to see it.
 */
export function useFollow(box: RefObject<HTMLElement | null>, size: number, ownMessages: number): Follow {
  const [isAtEnd, setAtEnd] = useState(true);
  const follows = useRef(true);
  const lastTop = useRef(0);
  const lastOwn = useRef(ownMessages);

  const toEnd = useCallback(() => {
    follows.current = true;
    setAtEnd(true);
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [box]);

  const onScroll = useCallback(() => {
    if (box.current === null) return;
    const { scrollTop, scrollHeight, clientHeight } = box.current;
    const isNear = scrollHeight - scrollTop - clientHeight <= endThreshold;
    // Only going up means that one wants to stay: growth alone also makes a distance.
    follows.current = isNear || (follows.current && scrollTop >= lastTop.current);
    lastTop.current = scrollTop;
    setAtEnd(follows.current);
  }, [box]);

  const hold = useCallback(() => {
    follows.current = false;
  }, []);

  // Before the paint, so that nothing is seen in a place where it does not stay.
  useLayoutEffect(() => {
    if (ownMessages > lastOwn.current) follows.current = true;
    lastOwn.current = ownMessages;
    if (follows.current && size > 0) toEnd();
  }, [size, ownMessages, toEnd]);

  // The box itself changes its height when the message box below grows.
  useLayoutEffect(() => {
    if (box.current === null) return;
    const observer = new ResizeObserver(() => follows.current && toEnd());
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [box, toEnd]);

  return { isAtEnd, onScroll, toEnd, hold };
}

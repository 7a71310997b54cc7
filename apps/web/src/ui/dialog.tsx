import { type ComponentType, lazy, type ReactNode, Suspense, useState } from "react";

export interface DialogProps {
  isOpen: boolean;
  onClose(): void;
  title: string;
  children: ReactNode;
}

const LazyDialog = lazy(() => import("./base-dialog.tsx").then(({ BaseDialog }) => ({ default: BaseDialog })));
const LazySheet = lazy(() => import("./base-dialog.tsx").then(({ BaseSheet }) => ({ default: BaseSheet })));

/** Nothing until it is opened for the first time; then it stays, so that closing can return the focus. */
function FromFirstUse({ of: Of, ...props }: DialogProps & { of: ComponentType<DialogProps> }) {
  const [isUsed, setUsed] = useState(props.isOpen);
  if (props.isOpen && !isUsed) setUsed(true);
  if (!isUsed) return null;
  return (
    <Suspense fallback={null}>
      <Of {...props} />
    </Suspense>
  );
}

export const Dialog = (props: DialogProps) => <FromFirstUse of={LazyDialog} {...props} />;
export const Sheet = (props: DialogProps) => <FromFirstUse of={LazySheet} {...props} />;

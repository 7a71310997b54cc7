import i18next from "i18next";
import { Component, type ReactNode } from "react";
import { Button } from "./button.tsx";

/** The last net: a fault of the page itself. The work goes on in the hub, and the screen says so. */
export class CrashScreen extends Component<{ children: ReactNode }, { message: string | null }> {
  override state = { message: null as string | null };

  static getDerivedStateFromError(thrown: unknown) {
    return { message: thrown instanceof Error ? thrown.message : String(thrown) };
  }

  override render() {
    if (this.state.message === null) return this.props.children;
    return (
      <main className="mx-auto flex h-full max-w-100 flex-col justify-center gap-3 p-6">
        <h1 className="font-semibold text-18">{i18next.t("crash.title")}</h1>
        <p className="text-muted">{i18next.t("crash.why")}</p>
        <p className="font-mono text-12 text-muted">{this.state.message}</p>
        <div>
          <Button tone="primary" onClick={() => location.reload()}>
            {i18next.t("crash.reload")}
          </Button>
        </div>
      </main>
    );
  }
}

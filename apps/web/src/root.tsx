import { Route, Routes } from "react-router";
import { ChatPage } from "./pages/chat-page.tsx";
import { NotFoundPage } from "./pages/not-found-page.tsx";
import { SignInPage } from "./pages/sign-in-page.tsx";
import { UnreachablePage } from "./pages/unreachable-page.tsx";
import { WelcomePage } from "./pages/welcome-page.tsx";
import { useAppState } from "./state/app-context.tsx";
import { Announcer } from "./ui/announcer.tsx";
import { ToastList } from "./ui/toast-list.tsx";

function Pages() {
  const signIn = useAppState((state) => state.signIn);
  const hasStatus = useAppState((state) => state.status !== null);
  switch (signIn.name) {
    case "checking":
      return null; // the answer takes a few milliseconds; anything drawn here would only flash
    case "unreachable":
      return <UnreachablePage />;
    case "out":
      return <SignInPage problem={signIn.problem} />;
    case "in":
      if (!hasStatus) return null;
      return (
        <Routes>
          <Route path="/" element={<ChatPage />} />
          <Route path="/s/:id" element={<ChatPage />} />
          <Route path="/welcome" element={<WelcomePage />} />
          <Route path="*" element={<NotFoundPage />} />
        </Routes>
      );
  }
}

export function Root() {
  return (
    <>
      <Pages />
      <ToastList />
      <Announcer />
    </>
  );
}

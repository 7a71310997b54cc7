import i18next from "i18next";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import "./index.css";
import { startI18n } from "./i18n/i18n.ts";
import { Root } from "./root.tsx";
import { createApp } from "./state/app.ts";
import { AppProvider } from "./state/app-context.tsx";
import { CrashScreen } from "./ui/crash-screen.tsx";

startI18n();
const app = createApp(i18next.t);
void app.start();

const place = document.getElementById("root");
if (place === null) throw new Error("index.html has no #root");
createRoot(place).render(
  <StrictMode>
    <CrashScreen>
      <AppProvider app={app}>
        <BrowserRouter>
          <Root />
        </BrowserRouter>
      </AppProvider>
    </CrashScreen>
  </StrictMode>,
);

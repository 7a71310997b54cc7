import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useApp } from "../state/app-context.tsx";
import type { Problem } from "../state/app-state.ts";
import { toProblem } from "../state/problem.ts";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { Segments } from "../ui/segments.tsx";

type Service = "anthropic" | "openai" | "compatible";

/** A key, tried with one real call. What the provider says against it is shown here, in its own words. */
export function KeyForm({ onConnected }: { onConnected(): void }) {
  const { t } = useTranslation();
  const { api, refreshStatus } = useApp();
  const [service, setService] = useState<Service>("anthropic");
  const [speaks, setSpeaks] = useState<"openai" | "anthropic">("openai");
  const [apiKey, setApiKey] = useState("");
  const [baseUrl, setBaseUrl] = useState("");
  const [model, setModel] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isCompatible = service === "compatible";
  const canSend = apiKey.trim() !== "" && (!isCompatible || (baseUrl.trim() !== "" && model.trim() !== ""));

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!canSend || isBusy) return;
    setBusy(true);
    setProblem(null);
    const style = isCompatible ? speaks : service;
    const address = isCompatible ? { baseUrl: baseUrl.trim() } : {};
    const named = model.trim() === "" ? {} : { model: model.trim() };
    try {
      const body = { style, apiKey: apiKey.trim(), ...address, ...named };
      const checked = await api.call("checkProvider", { body });
      if (!checked.ok) return setProblem(checked);
      await api.call("putProvider", { body });
      await refreshStatus();
      onConnected();
    } catch (thrown) {
      setProblem(toProblem(thrown));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form className="space-y-4 px-4 py-4" onSubmit={submit}>
      <Segments<Service>
        label={t("welcome.provider")}
        value={service}
        onChange={setService}
        choices={[
          { value: "anthropic", label: t("welcome.anthropic") },
          { value: "openai", label: t("welcome.openai") },
          { value: "compatible", label: t("welcome.compatible") },
        ]}
      />
      {isCompatible && (
        <>
          <Field
            label={t("welcome.address")}
            hint={t("welcome.addressHint")}
            type="url"
            inputMode="url"
            value={baseUrl}
            onChange={(event) => setBaseUrl(event.target.value)}
          />
          <Segments<"openai" | "anthropic">
            label={t("welcome.speaks")}
            value={speaks}
            onChange={setSpeaks}
            choices={[
              { value: "openai", label: t("welcome.openai") },
              { value: "anthropic", label: t("welcome.anthropic") },
            ]}
          />
        </>
      )}
      <Field
        label={t("welcome.key")}
        hint={t("welcome.keyHint")}
        type="password"
        autoComplete="off"
        spellCheck={false}
        value={apiKey}
        onChange={(event) => setApiKey(event.target.value)}
      />
      <Field
        label={t("welcome.model")}
        hint={t(isCompatible ? "welcome.modelHintCompatible" : "welcome.modelHint")}
        autoComplete="off"
        spellCheck={false}
        value={model}
        onChange={(event) => setModel(event.target.value)}
      />
      {problem && <ProblemNote problem={problem} />}
      <Button tone="primary" type="submit" aria-disabled={!canSend || isBusy}>
        {isBusy ? t("welcome.checking") : t("welcome.connect")}
      </Button>
    </form>
  );
}

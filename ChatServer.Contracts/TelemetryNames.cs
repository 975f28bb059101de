namespace ChatServer.Contracts;

/// <summary>Names of telemetry that more than one project reads.</summary>
public static class TelemetryNames
{
    /// <summary>The setting that turns telemetry on: the address of an OTLP receiver. Not set: nothing is collected.</summary>
    public const string OtlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
}

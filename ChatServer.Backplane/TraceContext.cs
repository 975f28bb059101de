using System.Diagnostics;
using System.Text;

namespace ChatServer.Backplane;

/// <summary>
/// The W3C trace context (version 00) that commands and records carry as <c>traceparent</c>, from the process that gives an order to the
/// process that carries it out. <c>tracestate</c> is not carried.
/// </summary>
public static class TraceContext
{
    /// <summary>The name of the field in hashes in Redis, in commands and in other JSON.</summary>
    public const string Field = "traceparent";

    /// <summary>The length of a <c>traceparent</c> of version 00, in characters: <c>00-{32 hex}-{16 hex}-{2 hex}</c>.</summary>
    public const int Length = 55;

    internal static readonly ActivitySource Source = new("ChatServer.Backplane");

    /// <summary>
    /// The current span as a <c>traceparent</c>. Null if there is none, if it is not recorded, or if this process exports no telemetry;
    /// then commands and records carry no context.
    /// </summary>
    public static string? Current =>
        Source.HasListeners() && Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : null;

    /// <summary>Parses a <c>traceparent</c>. Returns false for null, for another version or length, and for a malformed value.</summary>
    public static bool TryParse(string? traceparent, out ActivityContext context)
    {
        context = default;
        return traceparent is { Length: Length } && traceparent.StartsWith("00-", StringComparison.Ordinal)
            && traceparent[35] == '-' && traceparent[52] == '-'
            && ActivityContext.TryParse(traceparent, traceState: null, isRemote: true, out context);
    }

    /// <summary>Parses a <c>traceparent</c> that a client sent. A value of another length causes no allocation.</summary>
    public static bool TryParse(ReadOnlySpan<byte> traceparent, out ActivityContext context)
    {
        context = default;
        return traceparent.Length == Length && TryParse(Encoding.Latin1.GetString(traceparent), out context);
    }

    /// <summary>
    /// Starts a span whose parent is <paramref name="traceparent"/>, and makes it the current span. Returns null, without a span, if
    /// <paramref name="source"/> has no listener or <paramref name="traceparent"/> is not valid.
    /// </summary>
    public static Activity? StartChild(this ActivitySource source, string name, string? traceparent) =>
        source.HasListeners() && TryParse(traceparent, out var parent) ? source.StartActivity(name, ActivityKind.Consumer, parent) : null;

    /// <summary>Starts a child of the current span. Returns null if there is none: background work does not start traces.</summary>
    internal static Activity? StartStep(string name, string room) =>
        Activity.Current is null ? null : Source.StartActivity(name)?.SetTag("chat.room", room);
}

using System.Globalization;
using Google.Protobuf;

namespace ChatServer.Tests.Support;

/// <summary>A span that a service has exported.</summary>
/// <param name="Service">The resource's <c>service.name</c>.</param>
/// <param name="Source">Name of the <c>ActivitySource</c>.</param>
/// <param name="TraceId">32 hexadecimal digits.</param>
/// <param name="SpanId">16 hexadecimal digits.</param>
/// <param name="ParentId">16 hexadecimal digits; empty for a root.</param>
/// <param name="Name">The name of the operation.</param>
/// <param name="Kind">The role of the service in the operation.</param>
/// <param name="Attributes">Scalar attributes as text, in invariant format.</param>
public sealed record OtlpSpan(
    string Service, string Source, string TraceId, string SpanId, string ParentId, string Name, OtlpSpanKind Kind,
    IReadOnlyDictionary<string, string> Attributes)
{
    /// <summary>
    /// Reads the spans of an <c>ExportTraceServiceRequest</c>. The field numbers are those of opentelemetry-proto 1.x
    /// (<c>collector/trace/v1</c>, <c>trace/v1</c>, <c>resource/v1</c>, <c>common/v1</c>), which are stable.
    /// </summary>
    public static IReadOnlyList<OtlpSpan> ReadRequest(byte[] request) =>
    [
        .. from resourceSpans in Messages(Fields(ByteString.CopyFrom(request))[1]) // ExportTraceServiceRequest.resource_spans
           let resource = Pairs(Messages(resourceSpans[1]).SelectMany(r => Messages(r[1]))) // ResourceSpans.resource, Resource.attributes
           from scopeSpans in Messages(resourceSpans[2]) // ResourceSpans.scope_spans
           let source = Messages(scopeSpans[1]).Select(scope => Text(scope[1])).FirstOrDefault("") // ScopeSpans.scope, its name
           from span in Messages(scopeSpans[2]) // ScopeSpans.spans
           select new OtlpSpan(
               resource.GetValueOrDefault("service.name", ""),
               source,
               Hex(span[1]), // Span.trace_id
               Hex(span[2]), // Span.span_id
               Hex(span[4]), // Span.parent_span_id
               Text(span[5]), // Span.name
               (OtlpSpanKind)Number(span[6]), // Span.kind
               Pairs(Messages(span[9]))), // Span.attributes
    ];

    // KeyValue.key, KeyValue.value
    private static Dictionary<string, string> Pairs(IEnumerable<ILookup<int, object>> pairs) =>
        pairs.ToDictionary(pair => Text(pair[1]), pair => Messages(pair[2]).Select(Value).FirstOrDefault(""));

    // AnyValue: string_value, bool_value, int_value, double_value. The tests do not need arrays and maps.
    private static string Value(ILookup<int, object> value) =>
        value[1].Any() ? Text(value[1])
        : value[2].Any() ? (Number(value[2]) != 0 ? "true" : "false")
        : value[3].Any() ? ((long)Number(value[3])).ToString(CultureInfo.InvariantCulture)
        : value[4].Any() ? BitConverter.UInt64BitsToDouble(Number(value[4])).ToString(CultureInfo.InvariantCulture)
        : "";

    private static IEnumerable<ILookup<int, object>> Messages(IEnumerable<object> field) => field.Cast<ByteString>().Select(Fields);

    private static string Text(IEnumerable<object> field) => field.Cast<ByteString>().LastOrDefault(ByteString.Empty).ToStringUtf8();

    private static string Hex(IEnumerable<object> field) =>
        Convert.ToHexStringLower(field.Cast<ByteString>().LastOrDefault(ByteString.Empty).Span);

    private static ulong Number(IEnumerable<object> field) => field.Cast<ulong>().LastOrDefault();

    // The fields of a message by number: a number, or the bytes of a text or message.
    private static ILookup<int, object> Fields(ByteString message)
    {
        var input = message.CreateCodedInput();
        var fields = new List<(int Number, object Value)>();
        while (input.ReadTag() is not 0 and var tag)
        {
            object value = WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.Varint => input.ReadUInt64(),
                WireFormat.WireType.Fixed64 => input.ReadFixed64(),
                WireFormat.WireType.Fixed32 => (ulong)input.ReadFixed32(),
                WireFormat.WireType.LengthDelimited => input.ReadBytes(),
                var other => throw new InvalidDataException($"OTLP has no field of wire type {other}."),
            };
            fields.Add((WireFormat.GetTagFieldNumber(tag), value));
        }
        return fields.ToLookup(field => field.Number, field => field.Value);
    }
}

/// <summary><c>Span.SpanKind</c> of opentelemetry-proto.</summary>
public enum OtlpSpanKind
{
    Unspecified = 0,
    Internal = 1,
    Server = 2,
    Client = 3,
    Producer = 4,
    Consumer = 5,
}

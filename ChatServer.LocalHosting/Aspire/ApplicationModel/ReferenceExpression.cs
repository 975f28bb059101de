using System.Runtime.CompilerServices;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A text with holes, which are filled when the topology is started.</summary>
public sealed class ReferenceExpression : ILocalValue
{
    private readonly IReadOnlyList<ILocalValue> _parts;

    internal ReferenceExpression(IReadOnlyList<ILocalValue> parts) => _parts = parts;

    string ILocalValue.Value => string.Concat(_parts.Select(part => part.Value));

    bool ILocalValue.IsSecret => _parts.Any(part => part.IsSecret);

    IEnumerable<IResource> ILocalValue.References => _parts.SelectMany(part => part.References);

    /// <summary>Called with an interpolated string.</summary>
    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => handler.Build();

    /// <summary>A text without holes.</summary>
    internal static ReferenceExpression Of(string? text) => new([new Literal(text ?? "")]);

    /// <summary>What the compiler makes of <c>$"…"</c>. Numbers cannot be interpolated, as in Aspire.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct ExpressionInterpolatedStringHandler
    {
        private readonly ReferenceExpressionBuilder _builder = new();

        /// <summary>Called by the compiler.</summary>
        public ExpressionInterpolatedStringHandler(int literalLength, int formattedCount)
        {
            _ = literalLength;
            _ = formattedCount;
        }

        /// <summary>What stands between the holes.</summary>
        public void AppendLiteral(string value) => _builder.AppendLiteral(value);

        /// <summary>A text that is known already.</summary>
        public void AppendFormatted(string? value) => _builder.AppendFormatted(value);

        /// <summary>A hole.</summary>
        public void AppendFormatted<T>(T valueProvider) where T : IValueProvider => _builder.AppendFormatted(valueProvider);

        internal ReferenceExpression Build() => _builder.Build();
    }

    internal sealed record Literal(string Value) : ILocalValue
    {
        bool ILocalValue.IsSecret => false;

        IEnumerable<IResource> ILocalValue.References => [];
    }
}

/// <summary>Puts a <see cref="ReferenceExpression"/> together piece by piece.</summary>
public sealed class ReferenceExpressionBuilder
{
    private readonly List<ILocalValue> _parts = [];

    /// <summary>Whether nothing was appended yet.</summary>
    public bool IsEmpty => _parts.Count == 0;

    /// <summary>Appends a text.</summary>
    public void AppendLiteral(string value) => _parts.Add(new ReferenceExpression.Literal(value));

    /// <summary>Appends a text.</summary>
    public void AppendFormatted(string? value) => AppendLiteral(value ?? "");

    /// <summary>Appends a hole.</summary>
    public void AppendFormatted<T>(T valueProvider) where T : IValueProvider => _parts.Add((ILocalValue)(IValueProvider)valueProvider);

    /// <summary>What was appended so far.</summary>
    public ReferenceExpression Build() => new([.. _parts]);
}

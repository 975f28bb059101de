namespace Aspire.Hosting.ApplicationModel;

/// <summary>A value from outside: a key, say.</summary>
public sealed class ParameterResource : Resource, ILocalValue
{
    private readonly Func<string> _value;

    internal ParameterResource(string name, Func<string> value, bool secret) : base(name) => (_value, Secret) = (value, secret);

    /// <summary>Whether it is hidden from whoever only looks.</summary>
    public bool Secret { get; }

    string ILocalValue.Value => _value();

    bool ILocalValue.IsSecret => Secret;

    IEnumerable<IResource> ILocalValue.References => [this];
}

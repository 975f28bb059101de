using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>A text by which others are connected to something.</summary>
public sealed class ConnectionStringResource : Resource, IResourceWithConnectionString, IResourceWithWaitSupport, ILocalValue
{
    internal ConnectionStringResource(string name, ReferenceExpression connectionStringExpression) : base(name)
    {
        ConnectionStringExpression = connectionStringExpression;
        WaitsFor.AddRange(((ILocalValue)connectionStringExpression).References);
    }

    /// <inheritdoc/>
    public ReferenceExpression ConnectionStringExpression { get; }

    string ILocalValue.Value => ((ILocalValue)ConnectionStringExpression).Value;

    // It may hold a password, and nobody says whether it does.
    bool ILocalValue.IsSecret => true;

    IEnumerable<IResource> ILocalValue.References => [this];
}

namespace Aspire.Hosting.ApplicationModel;

/// <summary>What can be told of an endpoint.</summary>
public enum EndpointProperty
{
    /// <summary><c>http://localhost:8080</c>.</summary>
    Url,

    /// <summary><c>localhost:8080</c>.</summary>
    HostAndPort,
}

/// <summary>Speaks of a resource's endpoint; its text is the URL.</summary>
public sealed class EndpointReference : ILocalValue
{
    private readonly ProjectResource _resource;

    internal EndpointReference(ProjectResource resource, string name) => (_resource, EndpointName) = (resource, name);

    /// <summary>The endpoint's name.</summary>
    public string EndpointName { get; }

    internal EndpointAnnotation Endpoint => _resource.Endpoint(EndpointName);

    string ILocalValue.Value => Endpoint.Url;

    bool ILocalValue.IsSecret => false;

    IEnumerable<IResource> ILocalValue.References => [_resource];

    /// <summary>Something else of it than the URL.</summary>
    public EndpointReferenceExpression Property(EndpointProperty property) => new(this, property);
}

/// <summary>Speaks of a property of an endpoint.</summary>
public sealed class EndpointReferenceExpression : ILocalValue
{
    private readonly EndpointReference _reference;
    private readonly EndpointProperty _property;

    internal EndpointReferenceExpression(EndpointReference reference, EndpointProperty property) => (_reference, _property) = (reference, property);

    string ILocalValue.Value => _property == EndpointProperty.HostAndPort ? _reference.Endpoint.HostAndPort : _reference.Endpoint.Url;

    bool ILocalValue.IsSecret => false;

    IEnumerable<IResource> ILocalValue.References => ((ILocalValue)_reference).References;
}

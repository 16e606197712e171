"""The real Infinispan Server 16.0.7 from Maven Central, as a peer (design/performance.md has the recipe)."""
import os
import shutil
import subprocess

VERSION = "16.0.7"
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>peer</groupId><artifactId>peer</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.infinispan</groupId><artifactId>infinispan-server-runtime</artifactId><version>{v}</version></dependency>
    <dependency><groupId>org.apache.lucene</groupId><artifactId>lucene-core</artifactId><version>9.12.3</version></dependency>
  </dependencies>
</project>
"""
CONFIGURATION = """<infinispan xmlns="urn:infinispan:config:16.0" xmlns:server="urn:infinispan:server:16.0">
  <cache-container name="default" default-cache="default">
    <local-cache name="default"><encoding media-type="application/octet-stream"/></local-cache>
  </cache-container>
  <server xmlns="urn:infinispan:server:16.0">
    <interfaces><interface name="public"><inet-address value="127.0.0.1"/></interface></interfaces>
    <socket-bindings default-interface="public" port-offset="0"><socket-binding name="default" port="{port}"/></socket-bindings>
    <endpoints><endpoint socket-binding="default"><hotrod-connector/><rest-connector/></endpoint></endpoints>
  </server>
</infinispan>
"""
CLUSTER = """<infinispan xmlns="urn:infinispan:config:16.0" xmlns:server="urn:infinispan:server:16.0">
  <jgroups><stack name="loopback" extends="tcp"><TCPPING initial_hosts="{hosts}" port_range="0" stack.combine="REPLACE" stack.position="MPING"/></stack></jgroups>
  <cache-container name="default" default-cache="dist">
    <transport cluster="peer" stack="loopback" node-name="{name}"/>
    {caches}
  </cache-container>
  <server xmlns="urn:infinispan:server:16.0">
    <interfaces><interface name="public"><inet-address value="127.0.0.1"/></interface></interfaces>
    <socket-bindings default-interface="public" port-offset="0"><socket-binding name="default" port="{port}"/></socket-bindings>
    <endpoints><endpoint socket-binding="default"><hotrod-connector/><rest-connector/></endpoint></endpoints>
  </server>
</infinispan>
"""
LOG4J = """<Configuration status="warn"><Appenders><Console name="C"><PatternLayout pattern="%d %p %c %m%n"/></Console></Appenders>
<Loggers><Root level="WARN"><AppenderRef ref="C"/></Root></Loggers></Configuration>
"""


def install(home):
    """Fetches the jars once; None when Maven or the registry is not there."""
    done = os.path.join(home, "complete")
    if os.path.exists(done):
        return home
    if shutil.which("mvn") is None:
        return None
    os.makedirs(os.path.join(home, "lib"), exist_ok=True)
    with open(os.path.join(home, "pom.xml"), "w") as pom:
        pom.write(POM.format(v=VERSION))
    fetched = subprocess.run(["mvn", "-q", "-B", "dependency:copy-dependencies", "-DincludeScope=runtime",
                              f"-DoutputDirectory={home}/lib"], cwd=home, capture_output=True, text=True)
    if fetched.returncode != 0:
        print(fetched.stdout[-1500:])
        return None
    open(done, "w").close()
    return home


def cluster_command(home, root, port, cluster_port, hosts, name, caches, heap="512m"):
    """As command(), for a node of a cluster whose transports are at `hosts` ("127.0.0.1[7800],...")."""
    configuration = CLUSTER.format(hosts=hosts, name=name, caches=caches, port=port)
    properties = ["-Djgroups.bind.address=127.0.0.1", f"-Djgroups.bind.port={cluster_port}", "-Djgroups.bind_addr=127.0.0.1"]
    return command(home, root, port, heap, configuration, properties)


def command(home, root, port, heap="2g", configuration=None, properties=()):
    """Prepares the server root and returns the command that starts the peer."""
    conf = os.path.join(root, "conf")
    os.makedirs(conf, exist_ok=True)
    for folder in ("data", "log", "lib"):
        os.makedirs(os.path.join(root, folder), exist_ok=True)
    with open(os.path.join(conf, "peer.xml"), "w") as out:
        out.write(configuration or CONFIGURATION.format(port=port))
    with open(os.path.join(conf, "log4j2.xml"), "w") as out:
        out.write(LOG4J)
    return ["java", "--add-modules", "jdk.incubator.vector", "-Djava.net.preferIPv4Stack=true", f"-Xms{heap}", f"-Xmx{heap}",
            "-Djava.util.logging.manager=org.infinispan.server.loader.LogManager", f"-Dinfinispan.server.home.path={home}", *properties,
            "-jar", f"{home}/lib/infinispan-server-runtime-{VERSION}.jar", "-s", root, "-c", "peer.xml"]

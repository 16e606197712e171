# cmake --install: headers, one archive for each public component, find_package(Holdfast) and pkg-config files, and the
# server where it was built.
#
# Component `local`: caches configured in code; everything of ours and Boost.Context's few objects in one archive, so
# that a program needs libstdc++ only. Component `holdfast`: configuration files on top, with libxml2 and libfyaml.
# Component `client`: caches of a grid of servers, on top of `local`, with libcrypto.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# holdfast_archive(file TARGETS a b [FILES c]): one static archive out of several.
function(holdfast_archive name)
  cmake_parse_arguments(arg "" "" "TARGETS;FILES" ${ARGN})
  set(archive ${CMAKE_BINARY_DIR}/lib/lib${name}.a)
  set(script "CREATE ${archive}\n")
  foreach(target ${arg_TARGETS})
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
      string(APPEND script "ADDLIB $<TARGET_FILE:${target}>\n")
      list(APPEND members ${target})
    endif()
  endforeach()
  foreach(file ${arg_FILES})
    string(APPEND script "ADDLIB ${file}\n")
  endforeach()
  file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/lib/${name}.mri CONTENT "${script}SAVE\nEND\n")
  add_custom_command(OUTPUT ${archive}
    COMMAND ${CMAKE_COMMAND} -E rm -f ${archive}
    COMMAND ${CMAKE_AR} -M < ${CMAKE_BINARY_DIR}/lib/${name}.mri
    DEPENDS ${members} ${CMAKE_BINARY_DIR}/lib/${name}.mri
    COMMENT "Archive lib${name}.a" VERBATIM)
  add_custom_target(${name}_archive ALL DEPENDS ${archive})
  install(FILES ${archive} DESTINATION ${CMAKE_INSTALL_LIBDIR})
endfunction()

holdfast_archive(holdfast-local
  TARGETS holdfast_base holdfast_runtime holdfast_model holdfast_ops holdfast_media holdfast_container holdfast_engine holdfast_local
  FILES $<TARGET_FILE:Boost::context>)
holdfast_archive(holdfast-client TARGETS holdfast_security holdfast_client)
set(HOLDFAST_COMPONENTS "local" "client")
if(TARGET holdfast_local_files)
  holdfast_archive(holdfast TARGETS holdfast_config holdfast_engine_written holdfast_local_files)
  list(APPEND HOLDFAST_COMPONENTS "holdfast")
endif()

install(DIRECTORY include/holdfast DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
configure_package_config_file(cmake/package/HoldfastConfig.cmake.in ${CMAKE_BINARY_DIR}/package/HoldfastConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Holdfast
  PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/HoldfastConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/package/HoldfastConfig.cmake ${CMAKE_BINARY_DIR}/package/HoldfastConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Holdfast)
# The .pc files find their prefix from where they lie, so that --prefix may say anything.
file(RELATIVE_PATH HOLDFAST_PREFIX_FROM_PC "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
foreach(component local client holdfast)
  if(component IN_LIST HOLDFAST_COMPONENTS)
    string(REPLACE "holdfast-holdfast" "holdfast" package "holdfast-${component}")
    configure_file(cmake/package/${package}.pc.in ${CMAKE_BINARY_DIR}/package/${package}.pc @ONLY)
    install(FILES ${CMAKE_BINARY_DIR}/package/${package}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
  endif()
endforeach()

# The server: its executable, the original's script, and the home that the script expects beside its folder.
if(TARGET holdfast)
  install(TARGETS holdfast RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(PROGRAMS bin/server.sh DESTINATION ${CMAKE_INSTALL_BINDIR} OPTIONAL)
  install(DIRECTORY server DESTINATION . OPTIONAL PATTERN "data" EXCLUDE PATTERN "log" EXCLUDE)
endif()
